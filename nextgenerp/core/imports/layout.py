"""What separates the cells of a text file, and whether its header can be one; asked once a file."""

import csv
import io
import re
from collections.abc import Sequence

from nextgenerp.core.imports.problems import FileProblem

DELIMITERS = ",;\t|"
MAX_COLUMNS = 500
_SAMPLE_ROWS = 50
_NEARLY_ALL = 0.8
_DECLARED = re.compile('"?sep=([,;\t|])"?\r?\n', re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_DATA = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+|\+?\d{10,13}")


def declared_delimiter(sample: str) -> tuple[str, int]:
    """Return the delimiter of Excel's ``sep=;`` line and the length of that line, or an empty text and 0."""
    declared = _DECLARED.match(sample)
    return (declared[1], declared.end()) if declared else ("", 0)


def find_delimiter(sample: str) -> str:
    """Return the delimiter that cuts the first rows into most cells, nearly all rows into as many."""
    return max(DELIMITERS, key=lambda delimiter: _regularity(sample, delimiter))


def _regularity(sample: str, delimiter: str) -> tuple[float, int]:
    widths = []
    try:
        for cells in csv.reader(io.StringIO(sample, newline="\n"), delimiter=delimiter):
            if any(map(str.strip, cells)):
                widths.append(len(cells))
            if len(widths) == _SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    if not widths or widths[0] == 1:
        return 0.0, 0
    regular = sum(width == widths[0] for width in widths) / len(widths)
    return (1.0 if regular >= _NEARLY_ALL else regular), widths[0]


def checked_headers(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns, without empty ones at the end. Raises FileProblem."""
    headers = list(cells)
    while headers and not headers[-1]:
        headers.pop()
    if len(headers) > MAX_COLUMNS:
        raise FileProblem("too_many_columns", f"There are {len(headers)} columns, allowed are {MAX_COLUMNS}.")
    if not _LETTER.search("".join(headers)) or any(_DATA.fullmatch(header) for header in headers):
        raise FileProblem("no_header", "The first row must hold the names of the columns.")
    seen = set()
    for header in headers:
        if header and header in seen:
            raise FileProblem("duplicate_header", f'Two columns are called "{header}". Rename one.')
        seen.add(header)
    return tuple(headers)
