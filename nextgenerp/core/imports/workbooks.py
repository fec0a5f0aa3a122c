"""XLSX uploads: refused when hostile, else converted to CSV once, by ``xlsx.py`` in a process of its own."""

import subprocess
import sys
import zipfile
from pathlib import Path

from nextgenerp.core.imports import xlsx
from nextgenerp.core.imports.problems import FileProblem

MAX_BYTES = 25 * 1024 * 1024
MAX_UNPACKED = 400 * 1024 * 1024
MAX_RATIO = 200
_RATIO_MATTERS_FROM = 10 * 1024 * 1024
_SECONDS = 120


def convert_workbook(path: Path, target: Path) -> None:
    """Write the first visible sheet as CSV in UTF-8, one record a row. Raises FileProblem."""
    _refuse_bomb(path)
    command = [sys.executable, "-I", xlsx.__file__, str(path), str(target)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise FileProblem(
            "too_large", "The workbook takes too long to read. Save the sheet as CSV."
        ) from None
    if done.returncode == xlsx.PASSWORD:
        raise FileProblem("password_protected", "The workbook is protected by a password.")
    if done.returncode == xlsx.UNREADABLE:
        raise FileProblem(
            "unsupported_format", "The workbook cannot be read. Save it again, or save the sheet as CSV."
        )
    if done.returncode:
        raise FileProblem("too_large", "The sheet is too large to read. Save it as CSV.")


def _refuse_bomb(path: Path) -> None:
    packed = path.stat().st_size
    if packed > MAX_BYTES:
        raise FileProblem(
            "too_large", f"An XLSX file has at most {MAX_BYTES >> 20} MB. Save the sheet as CSV."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise FileProblem("unsupported_format", "The file looks like a workbook, but is damaged.") from None
    if not any(member.filename.lower() == "xl/workbook.xml" for member in members):
        raise FileProblem("unsupported_format", "The file is an archive, not an XLSX workbook.")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED or unpacked > max(_RATIO_MATTERS_FROM, packed * MAX_RATIO):
        raise FileProblem(
            "too_large", f"The workbook would unpack to {unpacked >> 20} MB. Save the sheet as CSV."
        )
