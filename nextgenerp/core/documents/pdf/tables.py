"""Tables: columns as wide as their figures, one column that takes the rest, a header for every page."""

from collections.abc import Sequence
from typing import NamedTuple

from nextgenerp.core.documents.pdf.boxes import Box, Row, measure, set_paragraphs, set_text
from nextgenerp.core.documents.pdf.styles import ACCENT, INK, LABEL, MUTED, RULE, TINT, Style

GAP = 9.0
EDGE = 5.0  # between the table's edges and its text
LEAST_TEXT = 7.0
SIZES = (8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0)


class Column(NamedTuple):
    """A column as wide as its widest cell, within points; the ``wide`` one takes the room left."""

    title: str
    right: bool = True
    wide: bool = False
    least: float = 0.0
    most: float = 150.0


class Grid:
    """A table's columns, where they are, and the size its figures are set in."""

    def __init__(
        self, columns: Sequence[Column], rows: Sequence[Sequence[str | Box]], width: float, least: float
    ) -> None:
        """Choose the greatest size that leaves the wide column ``least`` points."""
        self.columns, self.width = columns, width
        naturals = [_natural(column, [row[i] for row in rows]) for i, column in enumerate(columns)]
        for size in SIZES:
            self.size = size
            self.widths = self._widths(naturals)
            if all(column.wide <= (own >= least) for column, own in zip(columns, self.widths, strict=True)):
                break
        self.starts = [EDGE + sum(self.widths[:i]) + GAP * i for i in range(len(columns))]
        self.figure = Style(self.size, self.size + 3.5, color=INK)
        self.total = self.figure._replace(bold=True)
        text = max(self.size, LEAST_TEXT)  # figures may have to be small, texts never
        self.text = Style(text, text + 3.5, color=INK)
        self.quiet = Style(text - 0.5, text + 3, color=MUTED)

    def _widths(self, naturals: Sequence[tuple[int, int]]) -> list[float]:
        titles = LABEL.size / 1000
        widths = [
            0.0
            if column.wide
            else max(column.least, title * titles, min(cells * self.size / 1000, column.most))
            for column, (title, cells) in zip(self.columns, naturals, strict=True)
        ]
        rest = self.width - 2 * EDGE - GAP * (len(widths) - 1) - sum(widths)
        return [
            max(rest, 20.0) if column.wide else own for column, own in zip(self.columns, widths, strict=True)
        ]

    @property
    def wide(self) -> float:
        """The width of the wide column."""
        return next(own for column, own in zip(self.columns, self.widths, strict=True) if column.wide)

    def header(self) -> Row:
        cells = [
            set_paragraphs(column.title, LABEL, own, right=column.right, lines=2, limit=60)
            for column, own in zip(self.columns, self.widths, strict=True)
        ]
        return Row(self.starts, cells, self.width, padding=3, fill=TINT, rule=ACCENT)

    def row(self, cells: Sequence[str | Box], *, total: bool = False) -> Row:
        """A row of figures and boxes; a ``total`` is bold and tinted."""
        style = self.total if total else self.figure
        boxes = [
            set_text(cell, style, own, right=column.right, lines=4) if isinstance(cell, str) else cell
            for cell, column, own in zip(cells, self.columns, self.widths, strict=True)
        ]
        return Row(self.starts, boxes, self.width, padding=3, fill=TINT if total else "", rule=RULE)


def _natural(column: Column, cells: Sequence[str | Box]) -> tuple[int, int]:
    """What the title and the cells of a column need, in thousandths of the size."""
    if column.wide:
        return 0, 0
    title = max(measure(word, bold=True) for word in column.title.split("\n"))
    # Measured bold: the total under them is, and may have as many digits.
    return title, max((measure(cell, bold=True) for cell in cells if isinstance(cell, str)), default=0)
