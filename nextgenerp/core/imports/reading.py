"""Reads an uploaded CSV or XLSX file as rows, from any row on; the import engine comes through here."""

import csv
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from nextgenerp.core.imports.decoding import Utf8File, as_utf8
from nextgenerp.core.imports.layout import checked_headers, declared_delimiter, find_delimiter
from nextgenerp.core.imports.problems import FileProblem
from nextgenerp.core.imports.values import ValueProblem
from nextgenerp.core.imports.workbooks import convert_workbook

MAX_BYTES = 300 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_RECORD_BYTES = 1 << 20
SUFFIXES = {"", ".csv", ".tsv", ".tab", ".txt", ".xls", ".xlsx"}

_SAMPLE = 1 << 18
_CHUNK = 1 << 20
_SHOWN = 500
_ZIP, _OLE, _PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-"
_SURROGATE = re.compile("[\ud800-\udfff]")
# Broken quotes are found by reading ahead, and cost going back: so many times the file at most.
_REREADS, _REREAD_FROM = 4, 1 << 24
_TOO_LONG = "row too long"
_UNCLOSED = ValueProblem("unclosed_quote", "A quote is opened in this row and not closed in time.")
_BROKEN_QUOTE = ValueProblem(
    "broken_quote", "Quotes are broken in this row. Inside quotes, write a quote twice."
)
_CSV_PROBLEMS = {
    "field larger": ValueProblem("cell_too_long", "A cell of this row is too long."),
    "new-line character": ValueProblem("stray_line_break", "This row has a line break outside quotes."),
    "unexpected end": _UNCLOSED,
    _TOO_LONG: ValueProblem("row_too_long", f"This row is longer than {MAX_RECORD_BYTES:,} bytes."),
}


class Position(NamedTuple):
    """Where an unread record begins: byte, line, and the number of records before it. In JSON, a list."""

    offset: int
    line: int
    record: int


class Row(NamedTuple):
    """A record: ``line`` is where it begins in the file, ``record`` counts from 1 after the header.

    With a problem, ``cells`` is what could be read, the beginning of the line when it could not be cut;
    otherwise it has as many cells as there are headers, or none when the row is blank.
    """

    line: int
    record: int
    cells: list[str]
    problem: ValueProblem | None
    next_offset: int
    next_line: int

    @property
    def is_blank(self) -> bool:
        return not self.cells and self.problem is None

    @property
    def after(self) -> Position:
        return Position(self.next_offset, self.next_line, self.record)


# Line, cells, problem, and the offset and line where the next begins. Names would cost a fifth of the speed.
_Record = tuple[int, list[str], ValueProblem | None, int, int]


@dataclass(frozen=True, slots=True)
class ImportSource:
    """A file that is ready to be read: ``path`` may be a converted copy next to the upload.

    ``total`` counts its records, blank and broken ones too, after the header. ``to_json`` is enough to go on
    in another process. In a ``sheet`` a line is a row of the sheet; a ``suspect`` file holds NULs or broken
    bytes somewhere.
    """

    path: str
    delimiter: str
    headers: tuple[str, ...]
    total: int
    first: Position
    sheet: bool
    suspect: bool

    @classmethod
    def open(cls, path: str | Path, name: str = "") -> "ImportSource":
        """Look through the file once; ``name`` is what the upload was called. Raises FileProblem."""
        path = Path(path)
        copy = path.with_name(f"{path.name}.utf8.csv")
        sheet = _is_workbook(path, name)
        if sheet:
            convert_workbook(path, copy)
            text = Utf8File(copy, 0, suspect=False)
        elif path.stat().st_size > MAX_BYTES:
            raise FileProblem("too_large", f"A CSV file has at most {MAX_BYTES >> 20} MB.")
        else:
            text = as_utf8(path, copy)
        with open(text.path, "rb") as file:
            delimiter, begin = (",", Position(0, 1, 0)) if sheet else _layout(file, text.start)
            headers, first = _header(file, delimiter, begin, sheet)
            total = _count(file, delimiter, first)
        return cls(str(text.path), delimiter, headers, total, first, sheet, text.suspect)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> "ImportSource":
        return cls(**state | {"headers": tuple(state["headers"]), "first": Position(*state["first"])})

    def rows(self, start: Position | None = None) -> Iterator[Row]:
        """Yield every record from ``start``, which is ``first`` or the ``after`` of a row."""
        begin = start or self.first
        width = len(self.headers)
        record = begin.record
        with open(self.path, "rb") as file:
            records = _records(file, self.delimiter, begin, self.sheet)
            for line, cells, problem, next_offset, next_line in records:
                record += 1
                if problem is None:
                    if not (cells and cells[0].strip()) and not any(map(str.strip, cells)):
                        cells = []
                    elif len(cells) != width:
                        problem = _fit(cells, width)
                if self.suspect:
                    problem = _unreadable(cells) or problem
                yield Row(line, record, cells, problem, next_offset, next_line)


def _is_workbook(path: Path, name: str) -> bool:
    if Path(name).suffix.lower() not in SUFFIXES:
        raise FileProblem("unsupported_format", "Upload a CSV or an XLSX file.")
    with open(path, "rb") as file:
        magic = file.read(8)
    if magic.startswith(_OLE):
        raise FileProblem("unsupported_format", "Save the workbook as XLSX without a password.")
    if magic.startswith(_PDF):
        raise FileProblem("unsupported_format", "Upload a CSV or an XLSX file.")
    return magic.startswith(_ZIP)


def _layout(file: BinaryIO, start: int) -> tuple[str, Position]:
    file.seek(start)
    sample = file.read(_SAMPLE)
    if len(sample) == _SAMPLE:
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    text = sample.decode("utf-8", "surrogateescape")
    delimiter, length = declared_delimiter(text)
    begin = Position(start + length, 2 if delimiter else 1, 0)
    return delimiter or find_delimiter(text), begin


def _header(file: BinaryIO, delimiter: str, begin: Position, sheet: bool) -> tuple[tuple[str, ...], Position]:
    for _, cells, problem, next_offset, next_line in _records(file, delimiter, begin, sheet):
        if problem:
            raise FileProblem(problem.code, f"The row of headers is broken. {problem.detail}")
        headers = [_storable(cell).replace("\ufeff", "").strip() for cell in cells]
        if any(headers):
            return checked_headers(headers), Position(next_offset, next_line, 0)
    raise FileProblem("empty_file", "The file is empty.")


def _count(file: BinaryIO, delimiter: str, first: Position) -> int:
    """Count the records after the header. Raises FileProblem."""
    total, offset = _count_plain(file, first.offset)
    for _ in _records(file, delimiter, Position(offset, 1, 0), sheet=False):
        total += 1
        if total > MAX_ROWS:
            break
    if total > MAX_ROWS:
        raise FileProblem("too_many_rows", f"At most {MAX_ROWS:,} rows are allowed. Split the file.")
    return total


def _count_plain(file: BinaryIO, start: int) -> tuple[int, int]:
    """Count the lines before the first quote, each of which is a record, and tell where the next begins."""
    total, end, read = 0, start, start
    file.seek(start)
    while chunk := file.read(_CHUNK):
        plain, quote, _ = chunk.partition(b'"')
        total += plain.count(b"\n")
        end = max(end, read + plain.rfind(b"\n") + 1)
        read += len(chunk)
        if quote:
            break
    return total, end


def _records(file: BinaryIO, delimiter: str, begin: Position, sheet: bool) -> Iterator[_Record]:
    """Yield the file's records as they are cut. A broken one is its first line; reading goes on at the next.

    Raises FileProblem when so much is broken that going back again and again would take for ever.
    """
    offset, line = begin.offset, begin.line
    reread = 0
    while True:
        lines = _Lines(file, offset)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        seen = 0
        try:
            for cells in reader:
                next_offset = lines.offset
                lines.limit = next_offset + MAX_RECORD_BYTES
                next_line = line + (1 if sheet else reader.line_num - seen)
                seen = reader.line_num
                yield line, cells, None, next_offset, next_line
                offset, line = next_offset, next_line
            return
        except csv.Error as error:
            text, next_offset = _first_line(file, offset)
            reread += max(lines.offset - next_offset, 0)
            if reread > _REREAD_FROM and reread > _REREADS * next_offset:
                detail = f"Quotes are broken all over the file, up to line {line} at least."
                raise FileProblem("broken_quotes", detail) from None
            yield line, [text], _problem(error, lines.offset > next_offset), next_offset, line + 1
            offset, line = next_offset, line + 1


def _first_line(file: BinaryIO, offset: int) -> tuple[str, int]:
    """Return the beginning of the line at ``offset``, and where the next line begins."""
    file.seek(offset)
    line = file.readline(_CHUNK)
    shown = line[:_SHOWN].decode("utf-8", "replace").rstrip("\r\n")
    while line and not line.endswith(b"\n"):
        line = file.readline(_CHUNK)
    return _storable(shown), file.tell()


def _problem(error: csv.Error, several_lines: bool) -> ValueProblem:
    message = str(error)
    if several_lines and message.startswith(("field larger", _TOO_LONG)):
        return _UNCLOSED
    found = (problem for start, problem in _CSV_PROBLEMS.items() if message.startswith(start))
    return next(found, _BROKEN_QUOTE)


def _fit(cells: list[str], width: int) -> ValueProblem | None:
    """Give the row as many cells as there are headers; blank cells too many are dropped."""
    if any(cell.strip() for cell in cells[width:]):
        return ValueProblem("too_many_cells", f"This row has {len(cells)} cells, the header has {width}.")
    cells[width:] = [""] * (width - len(cells))
    return None


def _unreadable(cells: list[str]) -> ValueProblem | None:
    """Find what no database holds, and leave question marks in its place."""
    text = "".join(cells)
    code = "nul_character" if "\0" in text else "bad_encoding" if _SURROGATE.search(text) else ""
    if not code:
        return None
    cells[:] = map(_storable, cells)
    return ValueProblem(code, "This row has bytes that are no text. Save the file as CSV in UTF-8.")


def _storable(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text).replace("\0", "\ufffd")


class _Lines:
    """Feeds a csv reader, knowing how far it has read and how far it may."""

    def __init__(self, file: BinaryIO, offset: int):
        file.seek(offset)
        self.file = file
        self.offset = offset
        self.limit = offset + MAX_RECORD_BYTES

    def __iter__(self) -> Iterator[str]:
        for line in iter(partial(self.file.readline, MAX_RECORD_BYTES + 1), b""):
            self.offset += len(line)
            if self.offset > self.limit:
                raise csv.Error(_TOO_LONG)
            yield line.decode("utf-8", "surrogateescape")
