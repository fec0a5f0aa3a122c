"""Finds out how a text file is encoded and gives it as UTF-8; reading begins here."""

import codecs
import re
from pathlib import Path
from typing import BinaryIO, NamedTuple

from nextgenerp.core.imports.problems import FileProblem

_CHUNK = 1 << 20
_SAMPLE = 1 << 16
_BOM16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ESCAPED = re.compile("[\udc80-\udcff]")
# The first line end outside quotes, if it is an old Macintosh's. Possessive: nothing to go back to.
_ENDS_IN_CR = re.compile(rb'(?:"[^"]*+"|[^"\r\n]++)*+\r(?!\r*\n)')
_BROKEN = "\udc80"

codecs.register_error("nextgenerp.broken", lambda error: (_BROKEN, error.end))  # type: ignore[attr-defined]


class Utf8File(NamedTuple):
    """A text file in UTF-8 whose text begins at byte ``start``.

    ``suspect`` files hold NULs or bytes that are no UTF-8 somewhere; read them with ``surrogateescape``.
    """

    path: Path
    start: int
    suspect: bool


class _Survey(NamedTuple):
    characters: int
    broken: int
    nul: bool


def as_utf8(path: Path, work_path: Path) -> Utf8File:
    """Return the file itself when it is UTF-8 in lines, else a converted copy at ``work_path``.

    Decided over the whole file: UTF-8 and UTF-16 with or without BOM, else Windows-1252. A file that is UTF-8
    but for a few broken bytes stays UTF-8. The copy has the same lines; Macintosh line ends become newlines.
    Raises FileProblem.
    """
    with open(path, "rb") as file:
        sample = file.read(_SAMPLE)
        file.seek(0)
        encoding = _utf16(sample)
        survey = _Survey(0, 0, False) if encoding else _survey(file)
    bom = sample.startswith(codecs.BOM_UTF8)
    if not encoding and survey.broken and not bom and survey.characters <= survey.broken:
        encoding = "cp1252"
    if encoding and encoding.startswith("utf-16"):
        sample = sample.decode(encoding, "ignore").encode("ascii", "replace")
    macintosh = _ENDS_IN_CR.match(sample)
    if encoding or macintosh:
        return _convert(path, work_path, encoding or "utf-8-sig", newline=None if macintosh else "")
    return Utf8File(path, len(codecs.BOM_UTF8) if bom else 0, survey.nul or survey.broken > 0)


def _utf16(sample: bytes) -> str | None:
    """UTF-16 by its BOM, or by the zero bytes that ASCII characters have on one side."""
    if sample.startswith(_BOM16):
        return "utf-16"
    highs = {"utf-16-be": sample[::2], "utf-16-le": sample[1::2]}
    zeros = {encoding: high.count(0) for encoding, high in highs.items()}
    many = max(len(sample) // 10, 1)
    for encoding, high in highs.items():
        # The scripts a header is written in have high bytes below 0x20, UTF-8 begins with a letter.
        if zeros[encoding] >= many and 11 * zeros[encoding] > 10 * sum(zeros.values()) and high[0] < 0x20:
            return encoding
    if sum(zeros.values()) > 3 * many:
        raise FileProblem("unsupported_format", "This is not a text file. Upload a CSV or an XLSX file.")
    return None


def _survey(file: BinaryIO) -> _Survey:
    """Count the characters beyond ASCII and the broken bytes of a file read as UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    characters = broken = 0
    nul = False
    while chunk := file.read(_CHUNK):
        nul = nul or b"\0" in chunk
        if chunk.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(chunk)
        escaped = len(_ESCAPED.findall(text))
        broken += escaped
        characters += len(text) - len(text.encode("ascii", "ignore")) - escaped
    return _Survey(characters, broken + len(decoder.decode(b"", final=True)), nul)


def _convert(path: Path, work_path: Path, encoding: str, newline: str | None) -> Utf8File:
    """Write a copy in UTF-8, where what could not be read is not UTF-8 either."""
    suspect = False
    with (
        open(path, encoding=encoding, errors="nextgenerp.broken", newline=newline) as source,
        open(work_path, "w", encoding="utf-8", errors="surrogatepass", newline="") as copy,
    ):
        while text := source.read(_CHUNK):
            suspect = suspect or "\0" in text or not _is_whole(text)
            copy.write(text)
    return Utf8File(work_path, 0, suspect)


def _is_whole(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
