"""The faces text is set in: Noto Sans, a file for each script, read when a text first needs it and then kept.

Nothing here may be used by two threads at once: reportlab reads a face through one cursor. ``render`` sees to that.
"""

import zlib
from bisect import bisect_right
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import uharfbuzz
from reportlab import rl_config
from reportlab.pdfbase.ttfonts import TTFont

rl_config.useA85 = 0  # streams as they are, not as text that is a quarter longer

FOLDER = Path(__file__).parent / "fonts"
LATIN = ""  # Noto Sans itself, which has Greek and Cyrillic too
PLACEHOLDER = "\ufffd"
# Where a script's characters are. What is in none of these is looked for in Noto Sans itself.
BLOCKS = {
    "Devanagari": ((0x0900, 0x097F), (0x1CD0, 0x1CFF), (0xA8E0, 0xA8FF)),
    "Bengali": ((0x0980, 0x09FF),),
    "Gurmukhi": ((0x0A00, 0x0A7F),),
    "Gujarati": ((0x0A80, 0x0AFF),),
    "Oriya": ((0x0B00, 0x0B7F),),
    "Tamil": ((0x0B80, 0x0BFF),),
    "Telugu": ((0x0C00, 0x0C7F),),
    "Kannada": ((0x0C80, 0x0CFF),),
    "Malayalam": ((0x0D00, 0x0D7F),),
    "OlChiki": ((0x1C50, 0x1C7F),),
    "MeeteiMayek": ((0xAAE0, 0xAAFF), (0xABC0, 0xABFF)),
}
# They get the 31 codes under the space, so that most documents need one and the same subset of the font.
COMMON = "₹–—‘’“”•…×·°½¼²³µ±§©®™éèàçüöäñß"
_STARTS = sorted((first, last, script) for script, blocks in BLOCKS.items() for first, last in blocks)
# A glyph that no character stands for is given this one plus its number; no file has private characters of its own.
_PRIVATE = 0xE000


def _compress(content: str | bytes) -> bytes:
    return zlib.compress(content.encode() if isinstance(content, str) else content)


class _KeptCompression:
    """reportlab's FlateDecode filter, which remembers what it compressed last."""

    pdfname = "FlateDecode"
    encode = staticmethod(lru_cache(maxsize=48)(_compress))


class _Font(TTFont):
    """A font that keeps what it gave the last documents: most need the same of it."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name, path)
        cut = lru_cache(maxsize=4)(self.face.makeSubset)
        self.face.makeSubset = lambda subset: cut(tuple(subset))

    def addObjects(self, doc: Any) -> None:  # noqa: N802 - reportlab calls it so
        """Add the subsets to a finished document."""
        state = self.state[doc]
        super().addObjects(doc)
        for number, subset in enumerate(state.subsets):
            font = doc.idToObject["BasicFonts"].dict[f"{state.internalName}+{number}"]
            font.Widths = f"[{' '.join(str(self.face.getCharWidth(code)) for code in subset)}]"
            for stream in (
                f"toUnicodeCMap:{font.BaseFont}",
                f"fontFile:{self.face.filename}({font.BaseFont})",
            ):
                doc.idToObject[stream].filters = [_KeptCompression]


class Glyph(NamedTuple):
    """A glyph placed by shaping, in thousandths of the size; ``character`` is what stands for it in the font."""

    character: str
    width: int
    advance: int
    x_offset: int
    y_offset: int
    cluster: int


class Face:
    """A font file: its widths, its shaping, and what of it a document has to carry."""

    def __init__(self, script: str, bold: bool) -> None:
        name = f"NotoSans{script}-{'Bold' if bold else 'Regular'}"
        path = str(FOLDER / f"{name}.ttf")
        self.script, self.bold = script, bold
        self.font = _Font(name, path)
        face: Any = self.font.face
        self.characters = frozenset(map(chr, face.charToGlyph))
        self.widths: dict[str, int] = {chr(code): width for code, width in face.charWidths.items()}
        self._glyphs = {
            glyph: (chr(codes[0]), face.charWidths[codes[0]]) for glyph, codes in face.glyphToChar.items()
        }
        self._shaper = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(path)))

    def width_of(self, text: str) -> int:
        """The width of characters of this face that need no shaping, in thousandths of the size."""
        return sum(map(self.widths.__getitem__, text))

    def shape(self, text: str) -> tuple[Glyph, ...]:
        """Choose and place the glyphs of a text whose characters this face has."""
        buffer = uharfbuzz.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        buffer.direction = "ltr"
        uharfbuzz.shape(self._shaper, buffer, {})
        known = self._glyphs
        return tuple([
            Glyph(character, width, place.x_advance, place.x_offset, place.y_offset, info.cluster)
            for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
            for character, width in (known.get(info.codepoint) or self._name(info.codepoint),)
        ])  # fmt: skip

    def _name(self, glyph: int) -> tuple[str, int]:
        """Give a glyph a private character, the same in every process, and tell the font of it."""
        face: Any = self.font.face
        code = _PRIVATE + glyph
        width = face.hmetrics[glyph][0]
        face.charToGlyph[code], face.charWidths[code] = glyph, width
        self._glyphs[glyph] = chr(code), width
        return chr(code), width


@cache
def face_of(script: str, bold: bool) -> Face:
    """The face of a script, read on first use."""
    return Face(script, bold)


@lru_cache(maxsize=4096)
def script_of(character: str) -> str | None:
    """The script whose face has a character; None when no face does."""
    code = ord(character)
    at = bisect_right(_STARTS, (code, 0x110000, "")) - 1
    if at >= 0 and code <= _STARTS[at][1] and character in face_of(_STARTS[at][2], False).characters:
        return _STARTS[at][2]
    return LATIN if character in face_of(LATIN, False).characters else None
