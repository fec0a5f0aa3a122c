"""Writes the first sheet of a workbook as CSV; run in a process of its own, which may not grow.

The reader holds the sheet in memory, at the size of its bounding box: a hostile or huge workbook must end
this process, not the worker's. Stand-alone on purpose: it is started by its path.
"""

import csv
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

MEMORY, DISK = 1 << 30, 300 << 20
UNREADABLE, PASSWORD = 3, 4


def limit_resources() -> None:
    """Cap this process's address space and the size of a file it writes, where the system can."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (DISK, DISK))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def convert(workbook: Path, target: Path) -> None:
    """Write every row of the first visible sheet, blank ones too, as one CSV record."""
    with (
        CalamineWorkbook.from_path(workbook) as book,
        open(target, "w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file)
        for row in book.get_sheet_by_index(first_sheet(book)).iter_rows():
            writer.writerow([cell_text(cell) for cell in row])


def first_sheet(book: CalamineWorkbook) -> int:
    sheets = [n for n, sheet in enumerate(book.sheets_metadata) if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [n for n in sheets if book.sheets_metadata[n].visible == SheetVisibleEnum.Visible]
    return (visible or sheets or [0])[0]


def cell_text(cell: Any) -> str:
    """Return the cell as it would be typed: 15 digits as Excel has, no exponent for a whole number."""
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer():
            return str(int(cell))
        case float():
            return f"{cell:.15g}"
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime() | date() | time():
            return cell.isoformat()
        case timedelta():
            seconds = round(cell.total_seconds())
            return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        case _:
            return str(cell)


def main(workbook: str, target: str) -> int:
    limit_resources()
    try:
        convert(Path(workbook), Path(target))
    except PasswordError:
        return PASSWORD
    except CalamineError:
        return UNREADABLE
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
