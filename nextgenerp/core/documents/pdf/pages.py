"""Divides boxes over pages and draws them, with what every page has around them."""

from collections.abc import Iterable
from typing import NamedTuple

from nextgenerp.core.documents.pdf.boxes import Box, measure, set_text
from nextgenerp.core.documents.pdf.content import PrintedDocument
from nextgenerp.core.documents.pdf.pen import Pen
from nextgenerp.core.documents.pdf.styles import (
    BOTTOM,
    MARGIN,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    QUIET,
    RULE,
    TOP,
    WATERMARK,
    WIDTH,
)
from nextgenerp.core.documents.pdf.writing import break_lines, clean

RUNNING_HEAD = 20.0  # what the second and later pages have above their content
MIN_ROOM = 120.0  # with less left, what is taller than a page begins on the next


class Item(NamedTuple):
    """A box that stays in one piece while it fits on a page; a ``breakable`` one is split wherever a page ends.

    ``header`` is repeated on every page that has one of its items, ``space`` is kept above it.
    """

    box: Box
    header: Box | None = None
    space: float = 0
    breakable: bool = False


Placed = tuple[Box, float]


class Flow:
    """The pages so far and how far down the last one is filled."""

    def __init__(self) -> None:
        self.pages: list[list[Placed]] = [[]]
        self.y = TOP
        self.header: Box | None = None

    def add(self, item: Item) -> None:
        """Place an item, on as many pages as it takes."""
        box: Box | None = item.box
        while box is not None:
            if box.height <= self._room(item):
                self._place(box, item)
                return
            parts = box.split(self._room(item)) if self._may_split(box, item) else None
            if parts:
                self._place(parts[0], item)
                box = parts[1]
            elif not self.pages[-1]:
                self._place(box, item)  # it cannot be divided: what does not fit is not seen
                return
            self._begin_page()

    def _room(self, item: Item) -> float:
        return self.y - BOTTOM - self._above(item)

    def _above(self, item: Item) -> float:
        header = item.header.height if item.header and item.header is not self.header else 0
        return header + (item.space if self.pages[-1] else 0)

    def _may_split(self, box: Box, item: Item) -> bool:
        if item.breakable or not self.pages[-1]:
            return True
        page = TOP - RUNNING_HEAD - BOTTOM - (item.header.height if item.header else 0)
        return box.height > page and self._room(item) > MIN_ROOM

    def _place(self, box: Box, item: Item) -> None:
        self.y -= item.space if self.pages[-1] else 0
        if item.header and item.header is not self.header:
            self._put(item.header)
        self.header = item.header
        self._put(box)

    def _put(self, box: Box) -> None:
        self.pages[-1].append((box, self.y))
        self.y -= box.height

    def _begin_page(self) -> None:
        self.pages.append([])
        self.y, self.header = TOP - RUNNING_HEAD, None


def draw_pages(items: Iterable[Item], document: PrintedDocument, pen: Pen) -> None:
    """Draw items on pages that say which of how many they are."""
    flow = Flow()
    for item in items:
        flow.add(item)
    for number, page in enumerate(flow.pages, 1):
        if number > 1:
            _draw_running_head(document, pen)
        for box, top in page:
            box.draw(pen, MARGIN, top)
        _draw_foot(document, pen, f"Page {number} of {len(flow.pages)}")
        _draw_watermark(document.watermark, pen)
        pen.end_page()


def _draw_running_head(document: PrintedDocument, pen: Pen) -> None:
    title = f"{document.title} {document.number}"
    width = min(measure(title) * QUIET.size / 1000 + 1, WIDTH * 0.6)
    set_text(document.company.name, QUIET, WIDTH - width - 12, lines=1).draw(pen, MARGIN, TOP + 6)
    set_text(title, QUIET, width, right=True, lines=1).draw(pen, MARGIN + WIDTH - width, TOP + 6)
    pen.rule(MARGIN, TOP - 8, WIDTH, RULE)


def _draw_foot(document: PrintedDocument, pen: Pen, page: str) -> None:
    pen.rule(MARGIN, BOTTOM - 12, WIDTH, RULE)
    set_text(page, QUIET, 74, right=True).draw(pen, MARGIN + WIDTH - 74, BOTTOM - 15)


def _draw_watermark(text: str, pen: Pen) -> None:
    text = " ".join(clean(text, 40).split())
    if text:
        line = break_lines(text, bold=True, width=float("inf"), lines=1)[0]
        size = min(110.0, 620_000 / max(line.width, 1))
        pen.watermark(line, PAGE_WIDTH / 2, PAGE_HEIGHT / 2, size, WATERMARK)
