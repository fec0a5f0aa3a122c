"""Text as it is set: cleaned, divided by script, shaped where the script wants it, broken into lines.

A text is characters and nothing else: no markup is read from it, so that none can hide in it. ``clean`` is the one
road from what people typed to what is set; it bounds the length and leaves only characters some face has.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from nextgenerp.core.documents.pdf.fonts import LATIN, PLACEHOLDER, Face, Glyph, face_of, script_of

JOINERS = "\u200c\u200d"
# Characters that belong to whatever script is being written: dandas, joiners, accents.
_SHARED = frozenset("\u0964\u0965\u0951\u0952" + JOINERS) | frozenset(map(chr, range(0x0300, 0x0370)))
_ACCENT = re.compile("[\u0300-\u036f]")
_PILED_ACCENTS = re.compile("([\u0300-\u036f]{3})[\u0300-\u036f]+")
_BLANK_LINES = re.compile(r"\n{3,}")
ELLIPSIS = "…"
MINUS = "\u2212"  # which Noto Sans of this version has not


class Run(NamedTuple):
    """Characters of one face, ``width`` thousandths of the size wide; without ``glyphs`` each is its own."""

    face: Face
    text: str
    glyphs: tuple[Glyph, ...] | None
    width: int


Word = tuple[Run, ...]


class Line(NamedTuple):
    """Runs and where they begin, in thousandths of the size from the line's beginning."""

    width: int
    runs: tuple[tuple[int, Run], ...]


def clean(text: str, limit: int) -> str:
    """Return at most ``limit`` characters of a text, every one of which can be set; newlines stay."""
    if len(text) > limit:
        text = text[: limit - 1] + ELLIPSIS
    if text.isascii() and text.isprintable():
        return text.strip()
    text = "".join(map(_settable, unicodedata.normalize("NFC", text.replace("\r\n", "\n"))))
    return _BLANK_LINES.sub("\n\n", _PILED_ACCENTS.sub(r"\1", text)).strip()


@lru_cache(maxsize=4096)
def _settable(character: str) -> str:
    """The character, what stands for it, or nothing for what is not seen anyway."""
    if character == "\n" or character in JOINERS:
        return character
    category = unicodedata.category(character)
    if category in {"Zl", "Zp"} or character == "\r":
        return "\n"
    if category == "Zs" or character in "\t\v\f":
        return " "
    if category in {"Cc", "Cf"}:
        return ""
    if script_of(character) is not None:
        return character
    plain = "-" if character == MINUS else unicodedata.normalize("NFKC", character)
    if plain != character and all(script_of(one) is not None for one in plain):
        return plain
    return "" if category in {"Mn", "Me"} else PLACEHOLDER


def break_lines(text: str, *, bold: bool, width: float, lines: int) -> list[Line]:
    """Break a cleaned text into at most so many lines of a width in thousandths of the size.

    What is left out is shown by an ellipsis. A word wider than a line is broken.
    """
    latin = face_of(LATIN, bold)
    plain = text.isascii() and text.isprintable() and "  " not in text
    if plain and (whole := latin.width_of(text)) <= width:
        return [Line(whole, ((0, Run(latin, text, None, whole)),))]
    space = latin.widths[" "]
    rows: list[list[Word]] = []
    for row in _rows_of(text, bold, width, space):
        if len(rows) == lines:
            rows[-1] = _shorten(rows[-1], bold, width, space)
            break
        rows.append(row)
    return [_lay(row, space) for row in rows]


def _rows_of(text: str, bold: bool, width: float, space: int) -> Iterator[list[Word]]:
    """The words of each line."""
    for paragraph in text.split("\n"):
        row: list[Word] = []
        used = 0
        for word in paragraph.split():
            for part in _parts_of(word, bold, width):
                size = _width_of(part)
                if row and used + space + size > width:
                    yield row
                    row, used = [], 0
                used += size + (space if row else 0)
                row.append(part)
        yield row


def _parts_of(word: str, bold: bool, width: float) -> Iterable[Word]:
    """A word, or as many pieces of it as it takes to have each fit."""
    runs = runs_of(word, bold)
    if _width_of(runs) <= width:
        return (runs,)
    return [runs_of(piece, bold) for piece in _break_word(runs, width)]


def _break_word(runs: Word, width: float) -> Iterator[str]:
    piece, used = "", 0
    for text, size in _clusters_of(runs):
        if piece and used + size > width:
            yield piece
            piece, used = "", 0
        piece += text
        used += size
    yield piece


def _clusters_of(runs: Word) -> Iterator[tuple[str, int]]:
    """What of a word must stay together, and its width: a character, or a syllable that was shaped as one."""
    for run in runs:
        if run.glyphs is None:
            yield from zip(run.text, map(run.face.widths.__getitem__, run.text), strict=True)
            continue
        widths: dict[int, int] = {}
        for glyph in run.glyphs:
            widths[glyph.cluster] = widths.get(glyph.cluster, 0) + glyph.advance
        starts = sorted(widths)
        for start, end in zip(starts, [*starts[1:], len(run.text)], strict=True):
            yield run.text[start:end], widths[start]


def runs_of(word: str, bold: bool) -> Word:
    """Divide a word by script and shape what needs it."""
    return _known_runs(word, bold) if len(word) <= 40 else _runs_of(word, bold)


def _runs_of(word: str, bold: bool) -> Word:
    if word.isascii():
        return (_run(LATIN, word, bold),)
    return tuple(_run(script, part, bold) for script, part in _by_script(word))


_known_runs = lru_cache(maxsize=2048)(_runs_of)


def _by_script(word: str) -> Iterator[tuple[str, str]]:
    current, start = script_of(word[0]) or LATIN, 0
    for at, character in enumerate(word):
        if character in _SHARED and character in face_of(current, False).characters:
            continue
        script = script_of(character) or LATIN
        if script != current:
            yield current, word[start:at]
            current, start = script, at
    yield current, word[start:]


def _run(script: str, text: str, bold: bool) -> Run:
    face = face_of(script, bold)
    if script == LATIN and not _ACCENT.search(text):
        return Run(face, text, None, face.width_of(text))
    glyphs = face.shape(text)
    return Run(face, text, glyphs, sum(glyph.advance for glyph in glyphs))


def _width_of(word: Word) -> int:
    return word[0].width if len(word) == 1 else sum(run.width for run in word)


def _shorten(row: list[Word], bold: bool, width: float, space: int) -> list[Word]:
    """End a line in an ellipsis, leaving out what that needs the room of."""
    end = runs_of(ELLIPSIS, bold)
    room = width - _width_of(end)
    kept: list[Word] = []
    for word in row:
        room -= space if kept else 0
        if _width_of(word) > room:
            piece = next(_break_word(word, room)) if room > 0 else ""
            kept += [runs_of(piece, bold)] if piece else []
            break
        kept.append(word)
        room -= _width_of(word)
    return [*kept[:-1], kept[-1] + end] if kept else [end]


def _lay(row: list[Word], space: int) -> Line:
    """Place the words of a line, neighbours that need no shaping as one run."""
    placed: list[tuple[int, Run]] = []
    x = 0
    for index, word in enumerate(row):
        gap = " " if index else ""
        x += space if index else 0
        for run in word:
            start, last = placed[-1] if placed else (0, None)
            if last and last.glyphs is None and run.glyphs is None and last.face is run.face:
                placed[-1] = start, Run(run.face, f"{last.text}{gap}{run.text}", None, x + run.width - start)
            else:
                if last and last.glyphs and gap:
                    placed[-1] = start, last._replace(text=f"{last.text} ")  # what a reader copies
                placed.append((x, run))
            x += run.width
            gap = ""
    return Line(x, tuple(placed))
