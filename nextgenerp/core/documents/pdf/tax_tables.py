"""The HSN summary, and the tax split by rate where that says more."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from nextgenerp.core.documents.pdf.boxes import Stack, set_text
from nextgenerp.core.documents.pdf.content import ZERO, PrintedDocument, Taxes, TaxRow
from nextgenerp.core.documents.pdf.figures import format_amount, format_percent
from nextgenerp.core.documents.pdf.pages import Item
from nextgenerp.core.documents.pdf.styles import HEADING, WIDTH
from nextgenerp.core.documents.pdf.tables import Column, Grid

COLUMN = 62.0  # points, at least
SPACE = 14.0


def tax_tables(document: PrintedDocument) -> Iterator[Item]:
    """Both tables; a split with as many rows as the summary would repeat it and is left out."""
    hsn, rates = document.hsn_summary, document.tax_summary
    if hsn:
        yield from _table("HSN/SAC summary", hsn, document)
    if document.totals.taxes.total and len(rates) != len(hsn):
        yield from _table("Tax by rate", rates, document)


def taxes_of(document: PrintedDocument) -> list[tuple[str, Callable[[Taxes], Decimal]]]:
    """The taxes a document has, by the name each is printed with."""
    columns: list[tuple[str, Callable[[Taxes], Decimal]]] = [
        ("CGST", lambda taxes: taxes.cgst),
        (document.state_tax, lambda taxes: taxes.sgst),
        ("IGST", lambda taxes: taxes.igst),
        ("Cess", lambda taxes: taxes.cess),
    ]
    return [(name, amount) for name, amount in columns if amount(document.totals.taxes)]


def _table(title: str, rows: Sequence[TaxRow], document: PrintedDocument) -> Iterator[Item]:
    amounts: list[tuple[str, Callable[[TaxRow], Decimal]]] = [
        ("Taxable value", lambda row: row.taxable_value),
        *((name, _of(amount)) for name, amount in taxes_of(document)),
    ]
    if document.totals.taxes.total:
        amounts.append(("Total tax", lambda row: row.taxes.total))
    heads = ["HSN/SAC", "GST rate"] if rows is document.hsn_summary else ["GST rate"]
    columns = [
        Column(heads[0], right=False, wide=True),
        *(Column(name, least=COLUMN) for name in (*heads[1:], *(name for name, _ in amounts))),
    ]
    cells = [
        [
            *(row.hsn_sac, format_percent(row.rate))[-len(heads) :],
            *(format_amount(of(row)) for _, of in amounts),
        ]
        for row in rows
    ]
    sums = ["Total", "", *(format_amount(sum(map(of, rows), ZERO)) for _, of in amounts)]
    if len(heads) == 1:
        del sums[1]
    grid = Grid(columns, [*cells, sums], WIDTH, COLUMN)
    header = Stack([set_text(title, HEADING, WIDTH), grid.header()])
    for index, row in enumerate(cells):
        yield Item(grid.row(row), header, space=0 if index else SPACE)
    if len(rows) > 1:
        yield Item(grid.row(sums, total=True), header)


def _of(amount: Callable[[Taxes], Decimal]) -> Callable[[TaxRow], Decimal]:
    return lambda row: amount(row.taxes)
