"""Which column of a file feeds which field, and a row's cells as values, for the import engine."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from nextgenerp.core.csv_cells import restore
from nextgenerp.core.imports.values import ValueProblem

_NUKTA = 7
_FIRST_ACCENT = 200
_SHOWN, _LISTED = 200, 50


@dataclass(frozen=True, slots=True)
class Column:
    """A field an import can fill: ``name`` is the API's name, which is an export's header too.

    ``parse`` turns a cell that is not blank into a value or raises ValueProblem. ``max_length`` counts the
    characters of the cell, before ``parse``.
    """

    name: str
    parse: Callable[[str], Any]
    aliases: tuple[str, ...] = ()
    required: bool = False
    max_length: int | None = None


class CellProblem(NamedTuple):
    """What is wrong with one cell: the file's header, our field, and the cell's first 200 characters."""

    column: str
    field: str
    code: str
    value: str
    detail: str


class Feed(NamedTuple):
    """The file's column number ``place``, under ``header``, feeds ``column``."""

    place: int
    header: str
    column: Column


@dataclass(frozen=True, slots=True)
class HeaderMap:
    """A file's headers, mapped: ``feeds`` in the file's order, and the headers that feed nothing."""

    feeds: tuple[Feed, ...]
    unmapped: tuple[str, ...]

    def parse(self, cells: Sequence[str]) -> tuple[dict[str, Any], list[CellProblem]]:
        """Return a row's values by field name, and what is wrong with it. A blank cell gives no value."""
        values: dict[str, Any] = {}
        problems = []
        for place, header, column in self.feeds:
            cell = cells[place]
            try:
                if cell and not cell.isspace():
                    values[column.name] = _parsed(cell, column)
                elif column.required:
                    problems.append(CellProblem(header, column.name, "required", "", "This is required."))
            except ValueProblem as problem:
                shown = restore(cell)[:_SHOWN]
                problems.append(CellProblem(header, column.name, problem.code, shown, problem.detail))
        return values, problems


def _parsed(cell: str, column: Column) -> Any:
    cell = restore(cell)
    if column.max_length is not None and len(cell) > column.max_length:
        raise ValueProblem("max_length", f"This has {len(cell)} characters, allowed are {column.max_length}.")
    return column.parse(cell)


def map_headers(
    headers: Sequence[str], columns: Sequence[Column], mapping: Mapping[str, str | None] | None = None
) -> HeaderMap:
    """Find the column every header feeds: by ``mapping`` first, then by name, then by alias.

    Case, blanks, punctuation and accents do not count. ``mapping`` is ``{header: field or None}``; None
    leaves a column out, and a field it names is not fed by another column. Raises ValueProblem with the codes
    unknown_header, unknown_field, duplicate_field, missing_column and no_columns.
    """
    chosen = _chosen(headers, columns, mapping or {})
    taken = {column.name for column in chosen.values() if column}
    known = _known_headers(columns)
    feeds, unmapped = [], []
    for index, header in enumerate(headers):
        column = chosen[index] if index in chosen else known.get(header_key(header))
        if column is None or (index not in chosen and column.name in taken):
            unmapped.append(header)
        else:
            feeds.append(Feed(index, header, column))
    _refuse_incomplete(feeds, headers, columns)
    return HeaderMap(tuple(feeds), tuple(header for header in unmapped if header))


def _chosen(
    headers: Sequence[str], columns: Sequence[Column], mapping: Mapping[str, str | None]
) -> dict[int, Column | None]:
    """The explicit mapping, by column number."""
    by_name = {column.name: column for column in columns}
    exact = {header: index for index, header in enumerate(headers) if header}
    loose = {header_key(header): index for header, index in exact.items() if header_key(header)}
    chosen: dict[int, Column | None] = {}
    for header, field in mapping.items():
        index = exact.get(header.strip(), loose.get(header_key(header)))
        if index is None:
            raise ValueProblem(
                "unknown_header", f'There is no column "{header}". The file has: {_listed(headers)}.'
            )
        if field is not None and (not isinstance(field, str) or field not in by_name):
            raise ValueProblem(
                "unknown_field", f'There is no field "{field}". There are: {_listed(by_name)}.'
            )
        chosen[index] = None if field is None else by_name[field]
    return chosen


def _known_headers(columns: Sequence[Column]) -> dict[str, Column]:
    """Every name and alias, as ``header_key`` writes it; a name wins over another column's alias."""
    known: dict[str, Column] = {}
    for column in columns:
        for alias in column.aliases:
            other = known.setdefault(header_key(alias), column)
            if other is not column:
                raise ValueError(f"{column.name} and {other.name} share the alias {alias!r}")
    return known | {header_key(column.name): column for column in columns}


def _refuse_incomplete(feeds: Sequence[Feed], headers: Sequence[str], columns: Sequence[Column]) -> None:
    fed: dict[str, str] = {}
    for _, header, column in feeds:
        if column.name in fed:
            raise ValueProblem(
                "duplicate_field",
                f'The columns "{fed[column.name]}" and "{header}" both feed "{column.name}". Leave one out.',
            )
        fed[column.name] = header
    if not fed:
        names = _listed(column.name for column in columns)
        raise ValueProblem(
            "no_columns", f"No column is known: the file has {_listed(headers)}, the fields are {names}."
        )
    missing = [column.name for column in columns if column.required and column.name not in fed]
    if missing:
        raise ValueProblem("missing_column", f"The file has no column for: {_listed(missing)}.")


def header_key(header: str) -> str:
    """Return what counts of a header: letters, digits and the vowel signs of Indian scripts, in one case."""
    decomposed = unicodedata.normalize("NFKD", header).casefold()
    return "".join(char for char in decomposed if _counts(char))


def _counts(char: str) -> bool:
    if unicodedata.category(char)[0] == "M":
        place = unicodedata.combining(char)
        return place != _NUKTA and place < _FIRST_ACCENT
    return char.isalnum()


def _listed(names: Iterable[str]) -> str:
    listed = [f'"{name[:_SHOWN]}"' for name in names if name]
    return ", ".join(listed[:_LISTED]) + (
        f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    )
