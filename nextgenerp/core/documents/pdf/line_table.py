"""The table of a document's lines."""

from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from nextgenerp.core.documents.pdf.boxes import Box, Stack, set_paragraphs, set_text
from nextgenerp.core.documents.pdf.content import ZERO, Line, PrintedDocument
from nextgenerp.core.documents.pdf.figures import (
    PAISA,
    format_amount,
    format_percent,
    format_price,
    format_quantity,
)
from nextgenerp.core.documents.pdf.pages import Item
from nextgenerp.core.documents.pdf.styles import WIDTH
from nextgenerp.core.documents.pdf.tables import Column, Grid

ITEM_WIDTH = 128.0  # points an item's name should have
NAME_LINES, DESCRIPTION_LINES = 8, 60
DESCRIPTION = 2100  # characters
# How many characters outside ASCII all descriptions may have before the rest is cut to a sentence each: to shape one
# takes as long as to write ten Latin letters.
SHAPED, SENTENCE = 40_000, 150


class Field(NamedTuple):
    """A column, what a line has in it, and the amount whose sum is printed under it."""

    column: Column
    text: Callable[[Line], str]
    amount: Callable[[Line], Decimal] | None = None


def line_table(document: PrintedDocument) -> Iterator[Item]:
    """A row for each line, each with the header in case a page begins with it, and the sums."""
    lines, fields = document.lines, _fields(document)
    rows = [[str(index), "", *(field.text(line) for field in fields)] for index, line in enumerate(lines, 1)]
    sums = ["", "Total", *(_sum(field, lines) for field in fields)]
    columns = [Column("#", right=False), Column("Item and description", right=False, wide=True)]
    grid = Grid([*columns, *(field.column for field in fields)], [*rows, sums], WIDTH, ITEM_WIDTH)
    header = grid.header()
    shaped = 0
    for index, (line, (number, _, *figures)) in enumerate(zip(lines, rows, strict=True)):
        limit = DESCRIPTION if shaped < SHAPED else SENTENCE
        shaped += sum(not character.isascii() for character in line.description[:limit])
        row = grid.row([number, _item(line, grid, limit), *figures])
        yield Item(row, header, space=0 if index else 11)
    if len(rows) > 1:
        yield Item(grid.row(sums, total=True), header)


def _fields(document: PrintedDocument) -> list[Field]:
    """The columns a document needs: none for discounts nobody got, none for taxes nobody pays."""
    lines = document.lines
    fields = [
        Field(Column("Qty", most=72), _quantity),
        Field(Column("Rate\n(incl. tax)" if document.tax_inclusive else "Rate"), _price),
    ]
    if any(line.hsn_sac for line in lines):
        fields.insert(0, Field(Column("HSN/SAC", right=False, most=60), lambda line: line.hsn_sac))
    if any(line.discount for line in lines):
        fields.append(Field(Column("Discount"), _discount, lambda line: line.discount))
    if not any(line.taxes.total or line.tax_rate or line.treatment for line in lines):
        return [*fields, _money("Amount", _net)]
    return [
        *fields,
        _money(
            "Value\nbefore tax" if document.totals.exempt_value else "Taxable\nvalue",
            lambda line: line.taxable_value,
        ),
        Field(Column("GST", most=44), _rate),
        _money("Tax", lambda line: line.taxes.total),
        _money("Amount", lambda line: line.total),
    ]


def _money(title: str, amount: Callable[[Line], Decimal]) -> Field:
    return Field(Column(title), lambda line: format_amount(amount(line)), amount)


def _sum(field: Field, lines: Sequence[Line]) -> str:
    return format_amount(sum(map(field.amount, lines), ZERO)) if field.amount else ""


def _quantity(line: Line) -> str:
    return f"{format_quantity(line.quantity)} {line.unit}"


def _price(line: Line) -> str:
    return format_price(line.unit_price)


def _discount(line: Line) -> str:
    if not line.discount:
        return ""
    percent = line.discount_percent
    return format_amount(line.discount) if percent is None else format_percent(percent)


def _rate(line: Line) -> str:
    rate = line.treatment or format_percent(line.tax_rate)
    return f"{rate} + {format_percent(line.cess_rate)} cess" if line.cess_rate else rate


def _net(line: Line) -> Decimal:
    """What a line comes to before the document's discount and charges."""
    return (line.quantity * line.unit_price).quantize(PAISA, ROUND_HALF_UP) - line.discount


def _item(line: Line, grid: Grid, limit: int) -> Box:
    name = set_text(line.name, grid.text, grid.wide, lines=NAME_LINES)
    if not line.description:
        return name
    description = set_paragraphs(
        line.description, grid.quiet, grid.wide, lines=DESCRIPTION_LINES, limit=limit
    )
    return Stack([name, description])
