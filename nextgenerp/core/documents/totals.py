"""A document's computed lines and totals, of its inputs alone: no database, no Django, exact to the paisa.

``compute`` is what services save and ``POST /sales/calculate`` answers; ``explain`` tells how it came about. The rules
are in ``worksheet``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from nextgenerp.core.documents.explanation import Step, explain
from nextgenerp.core.documents.worksheet import (
    Charge,
    DocumentInput,
    LineInput,
    Worksheet,
    fill_worksheet,
    scaled,
)

__all__ = [
    "Charge", "Computed", "ComputedLine", "DocumentInput", "HsnRow", "LineInput", "Step", "TaxRow", "Totals",
    "UnitQuantity", "compute", "explain",
]  # fmt: skip
EXEMPT = frozenset({"nil", "exempt", "non_gst"})


@dataclass(frozen=True, slots=True)
class ComputedLine:
    """A line's figures in rupees; ``total`` is what it adds to the grand total."""

    gross: Decimal
    discount_amount: Decimal
    document_discount: Decimal
    taxable_value: Decimal
    cgst: Decimal
    sgst: Decimal
    igst: Decimal
    cess: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class TaxRow:
    """What one rate of GST, as charged, is paid on; lines nil-rated, exempt or outside GST are in none."""

    gst_rate: Decimal
    taxable_value: Decimal
    cgst: Decimal
    sgst: Decimal
    igst: Decimal
    cess: Decimal
    tax_total: Decimal


@dataclass(frozen=True, slots=True)
class UnitQuantity:
    unit: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class HsnRow:
    """The lines of one HSN or SAC and one rate of GST as charged; every line is in one."""

    hsn_sac: str
    gst_rate: Decimal
    quantities: tuple[UnitQuantity, ...]
    taxable_value: Decimal
    cgst: Decimal
    sgst: Decimal
    igst: Decimal
    cess: Decimal
    tax_total: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """A document's sums in rupees; ``charges`` are the taxable ones, ``taxable_value`` excludes ``exempt_value``."""

    sub_total: Decimal
    line_discount: Decimal
    document_discount: Decimal
    charges: Decimal
    taxable_value: Decimal
    exempt_value: Decimal
    cgst: Decimal
    sgst: Decimal
    igst: Decimal
    cess: Decimal
    tax_total: Decimal
    other_charges: Decimal
    grand_total: Decimal
    round_off: Decimal
    payable: Decimal
    hsn_summary: tuple[HsnRow, ...]
    tax_summary: tuple[TaxRow, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    lines: tuple[ComputedLine, ...]
    totals: Totals


def compute(document: DocumentInput) -> Computed:
    """Compute lines and totals. Raises Invalid with the camelCase path of the field that does not allow it."""
    sheet = fill_worksheet(document)
    nothing = [0] * len(sheet.values)
    columns = [sheet.taxes.get(name, nothing) for name in ("cgst", "sgst", "igst", "cess")]
    taxes = list(zip(*columns, strict=True))
    return Computed(
        tuple(computed_lines(document, sheet, taxes)),
        totals_of(document, sheet, taxes),
    )


def rupees(paise: int) -> Decimal:
    return Decimal(paise).scaleb(-2)


def percent(thousandths: int) -> Decimal:
    return Decimal(thousandths).scaleb(-3)


def computed_lines(
    document: DocumentInput, sheet: Worksheet, taxes: list[tuple[int, ...]]
) -> Iterable[ComputedLine]:
    """The lines' figures in rupees."""
    figures = zip(sheet.gross, sheet.discounts, sheet.shares, sheet.taxable, taxes, strict=True)
    for gross, discount, share, taxable, tax in figures:
        total = taxable if document.reverse_charge else taxable + sum(tax)
        yield ComputedLine(*map(rupees, (gross, discount, share, taxable, *tax, total)))


def totals_of(document: DocumentInput, sheet: Worksheet, taxes: list[tuple[int, ...]]) -> Totals:
    """The document's sums in rupees, with its summaries."""
    exempt = sum(
        taxable
        for line, taxable in zip(document.lines, sheet.taxable, strict=True)
        if line.tax_treatment in EXEMPT
    )
    cgst, sgst, igst, cess = (sum(column) for column in zip(*taxes, strict=True)) if taxes else (0, 0, 0, 0)
    return Totals(
        sub_total=rupees(sheet.sub_total),
        line_discount=rupees(sum(sheet.discounts)),
        document_discount=rupees(sheet.discount),
        charges=rupees(sheet.charges),
        taxable_value=rupees(sum(sheet.taxable) - exempt),
        exempt_value=rupees(exempt),
        cgst=rupees(cgst),
        sgst=rupees(sgst),
        igst=rupees(igst),
        cess=rupees(cess),
        tax_total=rupees(sheet.tax_total),
        other_charges=rupees(sheet.other_charges),
        grand_total=rupees(sheet.grand_total),
        round_off=rupees(sheet.round_off),
        payable=rupees(sheet.grand_total + sheet.round_off),
        hsn_summary=hsn_summary(document, sheet, taxes),
        tax_summary=tax_summary(document, sheet, taxes),
    )


def hsn_summary(
    document: DocumentInput, sheet: Worksheet, taxes: list[tuple[int, ...]]
) -> tuple[HsnRow, ...]:
    """Sums by HSN or SAC and rate, in their order; quantities by unit, in the order of the lines."""
    sums: dict[tuple[str, int], list[int]] = {}
    quantities: dict[tuple[str, int], dict[str, int]] = {}
    for line, taxable, (rate, _), tax in zip(document.lines, sheet.taxable, sheet.rates, taxes, strict=True):
        key = (line.hsn_sac, rate)
        add(sums.setdefault(key, [0] * 5), taxable, *tax)
        units = quantities.setdefault(key, {})
        units[line.unit] = units.get(line.unit, 0) + scaled(line.quantity, 3, "")
    return tuple(
        HsnRow(
            hsn_sac,
            percent(rate),
            tuple(UnitQuantity(unit, percent(n)) for unit, n in quantities[hsn_sac, rate].items()),
            *map(rupees, (*row, sum(row[1:]))),
        )
        for (hsn_sac, rate), row in sorted(sums.items())
    )


def tax_summary(
    document: DocumentInput, sheet: Worksheet, taxes: list[tuple[int, ...]]
) -> tuple[TaxRow, ...]:
    """Sums by rate, the lowest first."""
    sums: dict[int, list[int]] = {}
    for line, taxable, (rate, _), tax in zip(document.lines, sheet.taxable, sheet.rates, taxes, strict=True):
        if line.tax_treatment not in EXEMPT:
            add(sums.setdefault(rate, [0] * 5), taxable, *tax)
    return tuple(
        TaxRow(percent(rate), *map(rupees, (*row, sum(row[1:])))) for rate, row in sorted(sums.items())
    )


def add(sums: list[int], *figures: int) -> None:
    """Add figures to a row of sums."""
    for position, figure in enumerate(figures):
        sums[position] += figure
