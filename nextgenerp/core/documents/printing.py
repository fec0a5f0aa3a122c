"""A document as it is printed: from what was copied onto it when it left draft, before that from live data."""

import re
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.files.storage import default_storage

from nextgenerp.core.addresses import is_indian
from nextgenerp.core.documents.company import Company, company, printed_company
from nextgenerp.core.documents.kinds import DocumentKind
from nextgenerp.core.documents.models import DiscountType, Document, DocumentLine, ExportType, TaxMode
from nextgenerp.core.documents.pdf import content
from nextgenerp.core.documents.place_of_supply import PLACES, state_tax_label
from nextgenerp.core.documents.words import amount_in_words
from nextgenerp.core.gst import STATES
from nextgenerp.core.models import StoredFile

BANK = ("account_name", "bank_name", "branch", "account_number", "ifsc", "upi_id")
TREATMENTS = {"nil": "Nil rated", "exempt": "Exempt", "non_gst": "Non-GST", "zero_rated": "Zero rated"}
PAID, UNPAID = (
    "on payment of integrated tax",
    "under bond or letter of undertaking without payment of integrated tax",
)
SUPPLIES = {
    "export": "Supply meant for export",
    "sez": "Supply to SEZ unit or SEZ developer for authorised operations",
}


def file_name(number: str) -> str:
    """The name of a document's PDF: ``QT-26-27-0001.pdf``."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", number).strip("-.") + ".pdf"


def snapshot_of(kind: DocumentKind, document: Any, own: Company) -> dict[str, Any]:
    """What is printed of others, as it is now: ``{company, customer, bankAccount, terms}``."""
    account = document.bank_account
    return {
        "company": printed_company(own),
        "customer": kind.buyer(document),
        "bankAccount": account and {name: getattr(account, name) for name in BANK},
        "terms": document.terms,
    }


def printed(
    kind: DocumentKind,
    document: Any,
    *,
    received: Decimal = content.ZERO,
    watermark: str | None = None,
    facts: tuple[tuple[str, str], ...] = (),
) -> content.PrintedDocument:
    """A document with its lines, for ``pdf.render``.

    ``received`` is what was paid on it, TDS included. A draft says so unless another ``watermark`` is given; ``facts``
    come after the usual ones.
    """
    copied = document.snapshot or snapshot_of(kind, document, company())
    lines = list(document.lines.all())
    due = document.payable - received
    return content.PrintedDocument(
        title=kind.title if document.charges_gst else kind.unregistered_title or kind.title,
        number=document.number,
        copy=kind.copy,
        date=day(document.date),
        facts=facts_of(kind, document, facts),
        company=letterhead(copied["company"]),
        customer=party(copied["customer"], document.billing_address),
        ship_to=ship_to(copied["customer"], document),
        lines=tuple(printed_line(document, line) for line in lines),
        totals=printed_totals(document, received, due),
        hsn_summary=summary(document.hsn_summary),
        tax_summary=summary(document.tax_summary),
        state_tax=state_tax_label(document.place_of_supply),
        tax_inclusive=document.tax_mode == TaxMode.INCLUSIVE,
        reverse_charge=document.reverse_charge,
        amount_in_words=amount_in_words(document.payable),
        declarations=declarations(document),
        bank=bank(copied["bankAccount"]),
        upi=upi(copied, document, due) if kind.asks_payment else None,
        terms=copied["terms"],
        notes=document.notes,
        watermark=("" if document.snapshot else "DRAFT") if watermark is None else watermark,
    )


def day(value: date) -> str:
    return f"{value.day} {value:%b} {value.year:04}"


def facts_of(
    kind: DocumentKind, document: Any, others: tuple[tuple[str, str], ...]
) -> tuple[content.Fact, ...]:
    """Dates, reference and place of supply, as far as there are any."""
    dates = ((label, getattr(document, name)) for name, label in kind.dates)
    place = document.place_of_supply
    found = (
        *((label, day(value)) for label, value in dates if value),
        ("Reference", document.reference_no),
        ("Place of supply", f"{place} {PLACES[place]}" if place in PLACES else ""),
        *others,
    )
    return tuple(content.Fact(label=label, value=value) for label, value in found if value)


def letterhead(copied: dict[str, Any]) -> content.Company:
    """The company with its logo, whose file is read here."""
    address = {name: copied[name] for name in ("line1", "line2", "city", "pincode")}
    address["state"] = STATES.get(copied["stateCode"], "")
    return content.Company(
        name=copied["name"],
        address=address_lines(address),
        gstin=copied["gstin"],
        phone=copied["phone"],
        email=copied["email"],
        website=copied["website"],
        logo=file_content(copied["logoId"]),
    )


def file_content(identifier: str | None) -> bytes | None:
    """The bytes of a stored file; None where it has been removed since."""
    stored = StoredFile.objects.filter(pk=identifier).first() if identifier else None
    if stored is None:
        return None
    try:
        with default_storage.open(stored.path) as file:
            return file.read()
    except FileNotFoundError:
        return None


def address_lines(address: dict[str, str]) -> tuple[str, ...]:
    """An address as lines; the country only where it is not India."""
    place = ", ".join(filter(None, (address.get("city", ""), address.get("state", ""))))
    last = " ".join(filter(None, (place, address.get("pincode", ""))))
    country = "" if is_indian(address) else address["country"]
    return tuple(filter(None, (address.get("line1", ""), address.get("line2", ""), last, country)))


def party(buyer: dict[str, str], address: dict[str, str]) -> content.Party:
    lines = address_lines(address)
    return content.Party(
        name=buyer["name"],
        address=(f"Attn. {buyer['contactPerson']}", *lines) if buyer["contactPerson"] else lines,
        gstin=buyer["gstin"],
        phone=buyer["phone"],
        email=buyer["email"],
    )


def ship_to(buyer: dict[str, str], document: Document) -> content.Party | None:
    """Where the goods go, if not where the bill goes."""
    if document.shipping_address == document.billing_address or not any(document.shipping_address.values()):
        return None
    return content.Party(name=buyer["name"], address=address_lines(document.shipping_address))


def is_charged(document: Document) -> bool:
    """Whether GST is charged at all."""
    abroad = document.supply_type in SUPPLIES
    return document.charges_gst and not (abroad and document.export_type == ExportType.WITHOUT_PAYMENT)


def printed_line(document: Document, line: DocumentLine) -> content.Line:
    taxed = is_charged(document) and line.tax_treatment not in TREATMENTS
    return content.Line(
        name=line.name,
        description=line.description,
        hsn_sac=line.hsn_sac,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        discount=line.discount_amount,
        discount_percent=line.discount_value if line.discount_type == DiscountType.PERCENT else None,
        taxable_value=line.taxable_value,
        tax_rate=line.gst_rate if taxed else content.ZERO,
        cess_rate=line.cess_rate if taxed else content.ZERO,
        treatment=TREATMENTS.get(line.tax_treatment, ""),
        taxes=taxes(line),
        total=line.total,
    )


def taxes(one: Any) -> content.Taxes:
    """The four components of a document or a line."""
    return content.Taxes(**{field.name: getattr(one, field.name) for field in fields(content.Taxes)})


def printed_totals(document: Document, received: Decimal, due: Decimal) -> content.Totals:
    charges = [
        (charge["taxable"], content.Charge(label=charge["label"], amount=Decimal(charge["amount"])))
        for charge in document.charges
    ]
    return content.Totals(
        sub_total=document.sub_total,
        line_discount=document.line_discount,
        document_discount=document.document_discount,
        discount_percent=document.discount_value if document.discount_type == DiscountType.PERCENT else None,
        charges=tuple(charge for taxable, charge in charges if taxable),
        taxable_value=document.taxable_value,
        exempt_value=document.exempt_value,
        taxes=taxes(document),
        other_charges=tuple(charge for taxable, charge in charges if not taxable),
        round_off=document.round_off,
        payable=document.payable,
        received=received,
        due=due if received else None,
    )


def summary(rows: list[dict[str, Any]]) -> tuple[content.TaxRow, ...]:
    """Stored rows of a summary by HSN or by rate."""
    return tuple(
        content.TaxRow(
            hsn_sac=row.get("hsnSac", ""),
            rate=Decimal(row["gstRate"]),
            taxable_value=Decimal(row["taxableValue"]),
            taxes=content.Taxes(**{field.name: Decimal(row[field.name]) for field in fields(content.Taxes)}),
        )
        for row in rows
    )


def declarations(document: Document) -> tuple[str, ...]:
    """The sentence CGST Rule 46 wants on exports and on supplies to an SEZ."""
    supply = SUPPLIES.get(document.supply_type)
    if supply is None or not document.charges_gst:
        return ()
    paid = document.export_type == ExportType.WITH_PAYMENT
    return (f"{supply} {PAID if paid else UNPAID}.",)


def bank(account: dict[str, str] | None) -> content.BankDetails | None:
    if account is None:
        return None
    return content.BankDetails(**{name: value for name, value in account.items() if name != "upi_id"})


def upi(copied: dict[str, Any], document: Document, due: Decimal) -> content.UpiPayment | None:
    """What the UPI code asks for: the balance due."""
    account = copied["bankAccount"]
    if not account or not account["upi_id"] or due <= 0:
        return None
    return content.UpiPayment(
        upi_id=account["upi_id"], payee=account["account_name"], amount=due, note=document.number
    )
