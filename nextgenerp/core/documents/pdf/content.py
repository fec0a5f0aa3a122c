"""What is printed: a document as plain values, so that the page knows no model and a model knows no page.

Texts are the user's own, of any length and any script; the renderer escapes and bounds them. Amounts are rupees,
rates percent, exact. What is empty, None or 0 is left out of the page where that leaves no gap in the sum.
"""

from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A line of the document's head, such as ``Valid until`` and ``26 Dec 2026``."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Party:
    """Who sells, who buys, or where the goods go. ``address`` is its lines, state and pincode included."""

    name: str
    address: tuple[str, ...] = ()
    gstin: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class Company(Party):
    """The letterhead. ``logo`` is a PNG, JPEG or WEBP; anything else is left out."""

    website: str = ""
    logo: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Taxes:
    """The tax on a line, on a rate, on an HSN code or on the whole document."""

    cgst: Decimal = ZERO
    sgst: Decimal = ZERO
    igst: Decimal = ZERO
    cess: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.cgst + self.sgst + self.igst + self.cess


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of the table.

    ``discount`` is the amount of the line's own discount, ``discount_percent`` how it was given, None for an amount.
    ``treatment`` is printed in place of the rate (``Exempt``, ``Nil rated``, ``Non-GST``); empty for taxable ones.
    """

    name: str
    description: str = ""
    hsn_sac: str = ""
    quantity: Decimal
    unit: str = ""
    unit_price: Decimal
    discount: Decimal = ZERO
    discount_percent: Decimal | None = None
    taxable_value: Decimal
    tax_rate: Decimal = ZERO
    cess_rate: Decimal = ZERO
    treatment: str = ""
    taxes: Taxes = field(default_factory=Taxes)
    total: Decimal


@dataclass(frozen=True, kw_only=True)
class Charge:
    """Freight, packing and the like."""

    label: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The sum, from the lines' net values down to what is to be paid.

    ``line_discount`` is already in ``sub_total``. ``charges`` are the taxable ones, ``other_charges`` those added
    after tax. ``received`` (TDS included) and ``due`` are printed when something was received.
    """

    sub_total: Decimal
    line_discount: Decimal = ZERO
    document_discount: Decimal = ZERO
    discount_percent: Decimal | None = None
    charges: tuple[Charge, ...] = ()
    taxable_value: Decimal = ZERO
    exempt_value: Decimal = ZERO
    taxes: Taxes = field(default_factory=Taxes)
    other_charges: tuple[Charge, ...] = ()
    round_off: Decimal = ZERO
    payable: Decimal
    received: Decimal = ZERO
    due: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class TaxRow:
    """A row of the HSN summary (with ``hsn_sac``) or of the tax split by rate (without)."""

    hsn_sac: str = ""
    rate: Decimal = ZERO
    taxable_value: Decimal = ZERO
    taxes: Taxes = field(default_factory=Taxes)


@dataclass(frozen=True, kw_only=True)
class BankDetails:
    """Where to pay to, and the account number in full."""

    account_name: str
    bank_name: str
    branch: str = ""
    account_number: str
    ifsc: str


@dataclass(frozen=True, kw_only=True)
class UpiPayment:
    """What the QR code asks for: ``amount`` (the balance due) to ``upi_id``. Not printed unless it is above 0."""

    upi_id: str
    payee: str
    amount: Decimal
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class PrintedDocument:
    """A quotation, proforma invoice, sales order or invoice as it is printed.

    ``state_tax`` is ``SGST`` or ``UTGST``. ``tax_inclusive``: unit prices contain the tax. ``reverse_charge``: tax is
    shown and not added. ``declarations`` are sentences the law wants on the page, such as that of an export under
    LUT; ``copy`` is the likes of ``ORIGINAL FOR RECIPIENT``; ``watermark`` the likes of ``DRAFT``.
    """

    title: str
    number: str
    date: str
    facts: tuple[Fact, ...] = ()
    company: Company
    customer: Party
    ship_to: Party | None = None
    lines: tuple[Line, ...]
    totals: Totals
    hsn_summary: tuple[TaxRow, ...] = ()
    tax_summary: tuple[TaxRow, ...] = ()
    state_tax: str = "SGST"
    tax_inclusive: bool = False
    reverse_charge: bool = False
    amount_in_words: str = ""
    declarations: tuple[str, ...] = ()
    bank: BankDetails | None = None
    upi: UpiPayment | None = None
    terms: str = ""
    notes: str = ""
    copy: str = ""
    watermark: str = ""
