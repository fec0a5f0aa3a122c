"""Draws on the pages of a PDF: tinted boxes and rules first, text over them.

It writes the page's operators itself and leaves the file, the fonts and the images to reportlab.
"""

from typing import Any

from reportlab.pdfgen.canvas import Canvas

from nextgenerp.core.documents.pdf.fonts import COMMON, LATIN, Face, Glyph
from nextgenerp.core.documents.pdf.writing import Line

# What a string of the page looks like in the code of the Latin faces: ASCII as it is, the common ones by number.
_CODES = {character: f"\\{code:03o}" for code, character in enumerate(COMMON, 1)} | {
    c: f"\\{c}" for c in "()\\"
}
_ESCAPES = str.maketrans(_CODES)
_CODED = frozenset(map(chr, range(32, 127))) | frozenset(COMMON)


class Pen:
    """A page at a time; points from its lower left corner, colours as ``red green blue`` from 0 to 1."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self._names: dict[tuple[Face, int], str] = {}
        self._begin_page()

    def _begin_page(self) -> None:
        self._under: list[str] = []
        self._texts: list[str] = []
        self._font = self._color = ""

    def end_page(self) -> None:
        """Put what was drawn on the page and begin the next."""
        for operator in (*self._under, "BT", *self._texts, "ET"):
            self.canvas.addLiteral(operator)
        self.canvas.showPage()
        self._begin_page()

    def box(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """Fill a rectangle, given by its lower left corner."""
        self._under.append(f"{color} rg {x:.2f} {y:.2f} {width:.2f} {height:.2f} re f")

    def rule(self, x: float, y: float, width: float, color: str, thickness: float = 0.5) -> None:
        """Draw a line to the right."""
        self._under.append(f"{color} RG {thickness} w {x:.2f} {y:.2f} m {x + width:.2f} {y:.2f} l S")

    def squares(self, x: float, y: float, side: float, rectangles: str) -> None:
        """Fill rectangles of a grid in black, given as operators in units of its squares from its lower left corner."""
        self._under.append(f"q {side:.4f} 0 0 {side:.4f} {x:.2f} {y:.2f} cm 0 g {rectangles} f Q")

    def image(self, image: Any, x: float, y: float, width: float, height: float) -> None:
        """Draw one of reportlab's image objects over a rectangle."""
        self.canvas._doc.addForm(image.name, image)
        self.canvas.saveState()
        self.canvas.transform(width, 0, 0, height, x, y)
        self.canvas.doForm(image.name)
        self.canvas.restoreState()

    def line(self, line: Line, x: float, y: float, size: float, color: str) -> None:
        """Write a line of text from a point of its baseline."""
        if color != self._color:
            self._texts.append(f"{color} rg")
            self._color = color
        for start, run in line.runs:
            self._texts.append(f"1 0 0 1 {x + start * size / 1000:.2f} {y:.2f} Tm")
            if run.glyphs is None:
                self._write(run.face, run.text, size)
            else:
                self._write_shaped(run.face, run.text, run.glyphs, size)

    def watermark(self, line: Line, x: float, y: float, size: float, color: str) -> None:
        """Write a line upwards, centred on a point, under everything else of the page."""
        texts, self._texts, self._font, self._color = self._texts, [], "", ""
        self.line(line, -line.width * size / 2000, -size / 3, size, color)
        turned = f"q 0.7071 0.7071 -0.7071 0.7071 {x:.2f} {y:.2f} cm"
        self._under[:0] = [turned, "BT", *self._texts, "ET", "Q"]
        self._texts, self._font, self._color = texts, "", ""

    def _write(self, face: Face, text: str, size: float) -> None:
        if face.script == LATIN and _CODED.issuperset(text):
            self._use(face, 0, size)
            self._texts.append(f"({text.translate(_ESCAPES)}) Tj")
            return
        for subset, codes in self._encode(face, text):
            self._use(face, subset, size)
            self._texts.append(f"<{codes.hex()}> Tj")

    def _write_shaped(self, face: Face, text: str, glyphs: tuple[Glyph, ...], size: float) -> None:
        """Write placed glyphs, with the text they stand for: it is what a reader searches for and copies."""
        said = text.encode("utf-16-be").hex()
        self._texts.append(f"/Span <</ActualText <feff{said}>>> BDC")
        characters = "".join(glyph.character for glyph in glyphs)
        codes = [(subset, code) for subset, part in self._encode(face, characters) for code in part]
        pieces: list[str] = []
        behind = rise = current = (
            0  # how far the pen is behind where it should be, how high it writes, the subset
        )
        for glyph, (subset, code) in zip(glyphs, codes, strict=True):
            if (subset, glyph.y_offset) != (current, rise):
                self._show(pieces, face, current, size)
                self._texts.append(f"{glyph.y_offset * size / 1000:.3f} Ts")
                current, rise = subset, glyph.y_offset
            if move := behind + glyph.x_offset:
                pieces.append(str(-move))
            pieces.append(f"<{code:02x}>")
            behind = glyph.advance - glyph.width - glyph.x_offset
        self._show(pieces, face, current, size)
        self._texts.append("0 Ts EMC" if rise else "EMC")

    def _show(self, pieces: list[str], face: Face, subset: int, size: float) -> None:
        """Write glyphs of one subset, with moves between them, and forget them."""
        if pieces:
            self._use(face, subset, size)
            self._texts.append(f"[{' '.join(pieces)}] TJ")
            pieces.clear()

    def _encode(self, face: Face, text: str) -> list[tuple[int, bytes]]:
        self._name(face, 0)
        return face.font.splitString(text, self.canvas._doc)

    def _use(self, face: Face, subset: int, size: float) -> None:
        font = f"{self._name(face, subset)} {size} Tf"
        if font != self._font:
            self._font = font
            self._texts.append(font)

    def _name(self, face: Face, subset: int) -> str:
        """What the page calls a subset of a face. The common characters get their codes before any other."""
        name = self._names.get((face, subset))
        if name is None:
            if not subset and face.script == LATIN:
                face.font.splitString(COMMON, self.canvas._doc)
            name = self._names[face, subset] = face.font.getSubsetInternalName(subset, self.canvas._doc)
        return name
