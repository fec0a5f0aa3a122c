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
    by_code = rows is document.hsn_summary
    texts, amounts = _texts(by_code, document), _amounts(by_code, document)
    columns = [
        Column(name, right=index > 0, wide=index == 0, least=COLUMN)
        for index, name in enumerate((*texts, *amounts))
    ]
    cells = [
        [*(of(row) for of in texts.values()), *(format_amount(of(row)) for of in amounts.values())]
        for row in rows
    ]
    sums = [format_amount(sum(map(of, rows), ZERO)) for of in amounts.values()]
    sums = ["Total", *[""] * (len(texts) - 1), *sums]
    grid = Grid(columns, [*cells, sums], WIDTH, COLUMN)
    header = Stack([set_text(title, HEADING, WIDTH), grid.header()])
    for index, row in enumerate(cells):
        yield Item(grid.row(row), header, space=0 if index else SPACE)
    if len(rows) > 1:
        yield Item(grid.row(sums, total=True), header)


def _texts(by_code: bool, document: PrintedDocument) -> dict[str, Callable[[TaxRow], str]]:
    """What says which row it is: the code where the table is by code, the rate where there is tax."""
    texts: dict[str, Callable[[TaxRow], str]] = {}
    if by_code:
        texts["HSN/SAC"] = lambda row: row.hsn_sac or "–"
    if document.totals.taxes.total:
        texts["GST rate"] = lambda row: format_percent(row.rate)
    return texts


def _amounts(by_code: bool, document: PrintedDocument) -> dict[str, Callable[[TaxRow], Decimal]]:
    """The figures of a row; the summary by code has exempt lines too."""
    plain = not document.totals.taxes.total or (by_code and bool(document.totals.exempt_value))
    amounts: dict[str, Callable[[TaxRow], Decimal]] = {
        "Value" if plain else "Taxable value": lambda row: row.taxable_value
    }
    amounts |= {name: _of(amount) for name, amount in taxes_of(document)}
    if document.totals.taxes.total:
        amounts["Total tax"] = lambda row: row.taxes.total
    return amounts


def _of(amount: Callable[[Taxes], Decimal]) -> Callable[[TaxRow], Decimal]:
    return lambda row: amount(row.taxes)
