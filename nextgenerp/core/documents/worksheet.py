"""The GST engine: what a document is computed of, and its figures in whole paise, step by step.

Nothing here rounds but ``half_up``: rates and carries are whole numbers over one denominator a document. ``totals``
makes the answer of it, ``explanation`` the words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import lcm

from nextgenerp.core.exceptions import Invalid

ZERO = Decimal(0)
LARGEST = 10**15 - 1  # paise: what a column of rupees holds
WHOLE = 100_000  # 100 %, in thousandths of a percent
LOCAL, ELSEWHERE = ("cgst", "sgst", "cess"), ("igst", "cess")


@dataclass(frozen=True, slots=True)
class LineInput:
    """A line as it is entered; rates and percentages in percent."""

    quantity: Decimal
    unit_price: Decimal
    discount_type: str = "percent"  # percent | amount
    discount_value: Decimal = ZERO
    gst_rate: Decimal = ZERO
    cess_rate: Decimal = ZERO
    tax_treatment: str = "taxable"  # taxable | nil | exempt | non_gst | zero_rated
    hsn_sac: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """Freight, packing and the like; a taxable one becomes part of the lines' values."""

    label: str
    amount: Decimal
    taxable: bool = False


@dataclass(frozen=True, slots=True)
class DocumentInput:
    """A document as it is entered, with the company's options (``tax_rounding``, ``charges_gst``)."""

    lines: Sequence[LineInput]
    tax_mode: str = "exclusive"  # exclusive | inclusive
    supply_type: str = "intra"  # intra | inter | export | sez
    reverse_charge: bool = False
    export_type: str = "with_payment"  # with_payment | without_payment
    discount_type: str = "percent"
    discount_value: Decimal = ZERO
    charges: Sequence[Charge] = ()
    round_off: bool = True
    tax_rounding: str = "progressive"  # progressive | line
    charges_gst: bool = True  # whether the company has a GSTIN


@dataclass(slots=True)
class Worksheet:
    """The figures of a document in paise, a list entry a line; ``raws`` in ``denominator``-ths of a paisa."""

    gross: list[int]
    discounts: list[int]
    nets: list[int]
    discount: int  # the document's
    shares: list[int]
    charges: int  # the taxable ones
    charge_shares: list[int]
    other_charges: int
    values: list[int]  # after discounts, with charges; inclusive prices still hold their tax
    rates: list[tuple[int, int]]  # GST and cess as charged, in thousandths of a percent
    raws: dict[str, list[int]]  # taxes by component before they are rounded
    denominator: int
    taxes: dict[str, list[int]]
    taxable: list[int]
    tax_total: int
    grand_total: int
    round_off: int

    @property
    def sub_total(self) -> int:
        return sum(self.nets)


def half_up(numerator: int, denominator: int) -> int:
    """Return the whole number nearest to a fraction, the greater of two as near."""
    return (2 * numerator + denominator) // (2 * denominator)


def scaled(value: Decimal, places: int, field: str) -> int:
    """Return a number without sign in units of its last place. Raises Invalid for one that is none of those."""
    if not value.is_finite() or value < 0:
        raise Invalid.field(field, "min_value", "This must be a number of 0 or more.")
    if not value:
        return 0
    if value.adjusted() > 15:
        raise Invalid.field(field, "max_value", "This is too large.")
    top, bottom = value.as_integer_ratio() if value.adjusted() >= -places else (1, 10**20)
    whole, rest = divmod(top * 10**places, bottom)
    if rest:
        raise Invalid.field(field, "max_decimal_places", f"This may have {places} decimals at most.")
    return whole


def spread(amount: int, bases: list[int]) -> list[int]:
    """Share an amount out by ``bases``, rounding its running sum, so that the shares add up to it."""
    total = sum(bases)
    if not amount or not total:
        return [0] * len(bases)
    shares, running, given = [], 0, 0
    for base in bases:
        running += base
        upto = half_up(amount * running, total)
        shares.append(upto - given)
        given = upto
    return shares


def fill_worksheet(document: DocumentInput) -> Worksheet:
    """Compute a document's figures. Raises Invalid naming the field that does not allow it."""
    gross = [gross_of(line, index) for index, line in enumerate(document.lines)]
    discounts = [
        discount_of(line.discount_type, line.discount_value, amount, f"lines.{index}.discountValue")
        for index, (line, amount) in enumerate(zip(document.lines, gross, strict=True))
    ]
    nets = [amount - discount for amount, discount in zip(gross, discounts, strict=True)]
    discount = document_discount(document, sum(nets))
    shares = spread(discount, nets)
    values = [net - share for net, share in zip(nets, shares, strict=True)]
    charges, other_charges = charges_of(document, sum(values))
    charge_shares = spread(charges, values)
    values = [value + share for value, share in zip(values, charge_shares, strict=True)]
    rates = rates_of(document)
    raws, denominator, taxes = taxes_of(document, values, rates)
    if document.tax_mode == "inclusive":
        taxable = [value - sum(tax) for value, *tax in zip(values, *taxes.values(), strict=True)]
    else:
        taxable = values
    tax_total = sum(map(sum, taxes.values()))
    grand_total = sum(taxable) + other_charges + (0 if document.reverse_charge else tax_total)
    round_off = half_up(grand_total, 100) * 100 - grand_total if document.round_off else 0
    if max(sum(gross), sum(nets), grand_total + round_off, tax_total) > LARGEST:
        raise Invalid.field("lines", "max_value", "The document's total is too large.")
    return Worksheet(
        gross, discounts, nets, discount, shares, charges, charge_shares, other_charges, values, rates,
        raws, denominator, taxes, taxable, tax_total, grand_total, round_off,
    )  # fmt: skip


def gross_of(line: LineInput, index: int) -> int:
    """Quantity times price, rounded to the paisa."""
    quantity = scaled(line.quantity, 3, f"lines.{index}.quantity")
    price = scaled(line.unit_price, 4, f"lines.{index}.unitPrice")
    gross = half_up(quantity * price, 100_000)
    if gross > LARGEST:
        raise Invalid.field(f"lines.{index}.unitPrice", "max_value", "Quantity times price is too large.")
    return gross


def discount_of(kind: str, value: Decimal, base: int, field: str) -> int:
    """A discount of ``base`` paise in paise; at most all of it."""
    if not value:
        return 0
    if kind == "amount":
        discount = scaled(value, 2, field)
        if discount > base:
            raise Invalid.field(field, "max_value", "The discount is more than what it is taken from.")
        return discount
    percent = scaled(value, 3, field)
    if percent > WHOLE:
        raise Invalid.field(field, "max_value", "A discount is at most 100 %.")
    return half_up(base * percent, WHOLE)


def document_discount(document: DocumentInput, sub_total: int) -> int:
    """The document's own discount in paise; there must be something to take it from."""
    discount = discount_of(document.discount_type, document.discount_value, sub_total, "discountValue")
    if document.discount_value and not sub_total:
        raise Invalid.field("discountValue", "invalid", "There is nothing to take a discount from.")
    return discount


def charges_of(document: DocumentInput, base: int) -> tuple[int, int]:
    """The sums of the taxable and of the other charges; taxable ones need lines to be spread over."""
    sums = {True: 0, False: 0}
    for index, charge in enumerate(document.charges):
        sums[bool(charge.taxable)] += scaled(charge.amount, 2, f"charges.{index}.amount")
    if sums[True] and not base:
        raise Invalid.field("charges", "invalid", "There is no value to spread a taxable charge over.")
    return sums[True], sums[False]


def rates_of(document: DocumentInput) -> list[tuple[int, int]]:
    """GST and cess of each line in thousandths of a percent, 0 where none is charged."""
    abroad = document.supply_type in ("export", "sez")
    charged = document.charges_gst and not (abroad and document.export_type == "without_payment")
    rates = []
    for index, line in enumerate(document.lines):
        gst = scaled(line.gst_rate, 3, f"lines.{index}.gstRate")
        cess = scaled(line.cess_rate, 3, f"lines.{index}.cessRate")
        rates.append((gst, cess) if charged and line.tax_treatment == "taxable" else (0, 0))
    return rates


def taxes_of(
    document: DocumentInput, values: list[int], rates: list[tuple[int, int]]
) -> tuple[dict[str, list[int]], int, dict[str, list[int]]]:
    """Tax each line by component, carrying what rounding left to the next: (raws, their denominator, taxes)."""
    names = LOCAL if document.supply_type == "intra" else ELSEWHERE
    inclusive, carrying = document.tax_mode == "inclusive", document.tax_rounding != "line"
    bottoms = [2 * (WHOLE + inclusive * (gst + cess)) for gst, cess in rates]  # twice: CGST is half of a rate
    denominator = lcm(*set(bottoms))
    raws: dict[str, list[int]] = {name: [] for name in names}
    taxes: dict[str, list[int]] = {name: [] for name in names}
    carries = [0] * len(names)
    for value, (gst, cess), bottom in zip(values, rates, bottoms, strict=True):
        part = value * (denominator // bottom)
        line = [part * (2 * cess if name == "cess" else 2 * gst if name == "igst" else gst) for name in names]
        rounded = [
            half_up(raw + carry, denominator) if raw else 0 for raw, carry in zip(line, carries, strict=True)
        ]
        if inclusive and sum(rounded) > value:
            rounded = [0] * len(names)
        for position, name in enumerate(names):
            raws[name].append(line[position])
            taxes[name].append(rounded[position])
            if carrying:
                carries[position] += line[position] - rounded[position] * denominator
    return raws, denominator, taxes
