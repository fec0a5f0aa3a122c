"""What pages are made of: boxes that know their height, draw themselves and can be split where a page ends."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from nextgenerp.core.documents.pdf.fonts import LATIN, face_of
from nextgenerp.core.documents.pdf.pen import Pen
from nextgenerp.core.documents.pdf.styles import Style
from nextgenerp.core.documents.pdf.writing import Line, break_lines, clean

CAP_HEIGHT = 0.714  # of Noto Sans, in sizes


class Box(Protocol):
    """Heights in points; ``x`` and ``top`` are the upper left corner."""

    @property
    def height(self) -> float: ...

    def draw(self, pen: Pen, x: float, top: float) -> None: ...

    def split(self, height: float) -> "tuple[Box, Box] | None":
        """Divide into what fits into a height and the rest; None when that cannot be."""


class Text(NamedTuple):
    """Lines of text, as ``set_text`` makes them."""

    lines: Sequence[Line]
    style: Style
    width: float
    right: bool = False

    @property
    def height(self) -> float:
        return len(self.lines) * self.style.leading

    def draw(self, pen: Pen, x: float, top: float) -> None:
        size, leading, _, color = self.style
        y = top - (leading + size * CAP_HEIGHT) / 2
        for line in self.lines:
            start = x + self.width - line.width * size / 1000 if self.right else x
            pen.line(line, start, y, size, color)
            y -= leading

    def split(self, height: float) -> tuple[Box, Box] | None:
        count = int(height / self.style.leading + 0.001)
        if not 0 < count < len(self.lines):
            return None
        return self._replace(lines=self.lines[:count]), self._replace(lines=self.lines[count:])


def set_text(
    text: str, style: Style, width: float, *, right: bool = False, lines: int = 3, limit: int = 300
) -> Text:
    """Set a text of one paragraph in a width; more than ``limit`` characters or ``lines`` lines are cut visibly."""
    flat = " ".join(clean(text, limit).split())
    return _set(flat, style, width, right, lines)


def set_paragraphs(
    text: str, style: Style, width: float, *, right: bool = False, lines: int = 1000, limit: int
) -> Text:
    """Set a text whose line ends are kept."""
    return _set(clean(text, limit), style, width, right, lines)


def _set(text: str, style: Style, width: float, right: bool, lines: int) -> Text:
    if not text:
        return Text((), style, width, right)
    wide = (width + 0.01) * 1000 / style.size
    return Text(break_lines(text, bold=style.bold, width=wide, lines=lines), style, width, right)


def measure(text: str, *, bold: bool = False) -> int:
    """The width of a text on one line, in thousandths of the size."""
    if text.isascii() and text.isprintable():
        return face_of(LATIN, bold).width_of(text)
    lines = break_lines(" ".join(clean(text, 300).split()), bold=bold, width=float("inf"), lines=1)
    return lines[0].width


class Stack:
    """Boxes one under the other."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self.boxes = boxes
        self.height = sum(box.height for box in boxes)

    def draw(self, pen: Pen, x: float, top: float) -> None:
        for box in self.boxes:
            box.draw(pen, x, top)
            top -= box.height

    def split(self, height: float) -> tuple[Box, Box] | None:
        for index, box in enumerate(self.boxes):
            if box.height > height:
                parts = box.split(height)
                head = [*self.boxes[:index], *(parts[:1] if parts else ())]
                rest = [*(parts[1:] if parts else (box,)), *self.boxes[index + 1 :]]
                return (Stack(head), Stack(rest)) if head else None
            height -= box.height
        return None


class Space(NamedTuple):
    """Nothing, of a height."""

    height: float

    def draw(self, pen: Pen, x: float, top: float) -> None:
        pass

    def split(self, height: float) -> None:
        return None


class Row:
    """Boxes side by side at their ``starts``, with ``padding`` above and below.

    ``fill`` and ``rule``, the line under it, are colours; empty for none.
    """

    def __init__(
        self,
        starts: Sequence[float],
        boxes: Sequence[Box],
        width: float,
        *,
        padding: float = 0,
        fill: str = "",
        rule: str = "",
    ) -> None:
        self.starts, self.boxes, self.width = starts, boxes, width
        self.padding, self.fill, self.rule = padding, fill, rule
        self.height = max((box.height for box in boxes), default=0) + 2 * padding

    def draw(self, pen: Pen, x: float, top: float) -> None:
        bottom = top - self.height
        if self.fill:
            pen.box(x, bottom, self.width, self.height, self.fill)
        if self.rule:
            pen.rule(x, bottom, self.width, self.rule)
        for start, box in zip(self.starts, self.boxes, strict=True):
            box.draw(pen, x + start, top - self.padding)

    def split(self, height: float) -> tuple[Box, Box] | None:
        room = height - 2 * self.padding
        parts = [(box, Space(0)) if box.height <= room else box.split(room) for box in self.boxes]
        if any(part is None for part in parts):
            return None
        heads, rests = zip(*(part for part in parts if part), strict=True)
        return self._like(heads, ""), self._like(rests, self.rule)

    def _like(self, boxes: Sequence[Box], rule: str) -> "Row":
        return Row(self.starts, boxes, self.width, padding=self.padding, fill=self.fill, rule=rule)
