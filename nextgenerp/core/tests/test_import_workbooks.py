"""Uploaded workbooks read like text files; hostile ones are refused before or while they unpack."""

import zipfile
from datetime import date, datetime, time, timedelta

import pytest
import xlsxwriter

from nextgenerp.core.imports.problems import FileProblem
from nextgenerp.core.imports.reading import ImportSource, Position


def workbook(path, *sheets):
    """Write a workbook of sheets, each a dict of cells by (row, column) or a name with one."""
    book = xlsxwriter.Workbook(str(path))
    formats = {
        datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
        date: book.add_format({"num_format": "dd/mm/yyyy"}),
        time: book.add_format({"num_format": "hh:mm"}),
        timedelta: book.add_format({"num_format": "[h]:mm:ss"}),
    }
    for cells in sheets:
        sheet = book.add_worksheet()
        if cells is None:
            sheet.hide()
            cells = {(0, 0): "Hidden"}
        for (row, column), value in cells.items():
            if type(value) in formats:
                sheet.write_datetime(row, column, value, formats[type(value)])
            elif isinstance(value, str):
                sheet.write_string(row, column, value)
            else:
                sheet.write(row, column, value)
    if sheets[0] is None:
        book.worksheets()[1].set_first_sheet()
        book.worksheets()[1].activate()
    book.close()
    return path


def column(path, *values):
    return workbook(
        path, {(0, 0): "Name", (0, 1): "Cell"} | {(n, 1): value for n, value in enumerate(values, 1)}
    )


def refusal(path):
    with pytest.raises(FileProblem) as caught:
        ImportSource.open(path, "leads.xlsx")
    return caught.value.code


def archive(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def test_cells_read_as_they_would_be_typed(tmp_path):
    path = column(
        tmp_path / "upload",
        *(
            919876543210.0,
            9876543210,
            1234567890123456,
            0.1 + 0.2,
            0.1234567890123456,
            1234.5,
            -5,
            1e22,
            0,
            True,
            False,
        ),
        *(
            date(2026, 1, 5),
            datetime(2026, 1, 5, 10, 30),  # noqa: DTZ001 - sheets know no zones
            time(10, 30),
            timedelta(hours=30, seconds=5),
        ),
        *("=1+1", "'=1", "नाम 😀", 'a "quoted", cell', "two\nlines", "007"),
    )
    source = ImportSource.open(path, "leads.xlsx")
    assert [row.cells[1] for row in source.rows()] == [
        *(
            "919876543210",
            "9876543210",
            "1234567890123456",
            "0.3",
            "0.123456789012346",
            "1234.5",
            "-5",
            "1" + "0" * 22,
            "0",
            "true",
            "false",
        ),
        *("2026-01-05", "2026-01-05T10:30:00", "10:30:00", "30:00:05"),
        *("=1+1", "'=1", "नाम 😀", 'a "quoted", cell', "two\nlines", "007"),
    ]
    assert source.total == 21


def test_rows_have_the_sheets_numbers_and_can_be_gone_on_from(tmp_path):
    cells = {
        (2, 1): "Name",
        (2, 2): "City",
        (3, 1): "Demo\n1",
        (5, 1): "Demo 2",
        (5, 2): "Pune\nWest",
        (6, 2): "Pune",
    }
    source = ImportSource.open(workbook(tmp_path / "upload", cells), "leads.xlsx")
    rows = list(source.rows())
    assert source.headers == ("Name", "City")
    assert [(row.line, row.record, row.cells) for row in rows] == [
        (4, 1, ["Demo\n1", ""]),
        (5, 2, []),
        (6, 3, ["Demo 2", "Pune\nWest"]),
        (7, 4, ["", "Pune"]),
    ]
    assert source.total == 4
    assert list(source.rows(Position(*rows[1].after))) == rows[2:]


def test_the_first_visible_sheet_is_read(tmp_path):
    path = workbook(tmp_path / "upload", None, {(0, 0): "Seen", (1, 0): "Demo"}, {(0, 0): "Third"})
    assert ImportSource.open(path).headers == ("Seen",)


def test_a_workbook_is_known_by_its_content(tmp_path):
    path = column(tmp_path / "upload", "Demo")
    assert ImportSource.open(path, "leads.csv").headers == ("Name", "Cell")


def test_an_empty_workbook(tmp_path):
    assert refusal(workbook(tmp_path / "upload", {})) == "empty_file"


def test_an_archive_that_is_no_workbook_is_not_opened(tmp_path):
    path = archive(tmp_path / "upload", {"word/document.xml": "<document/>"})
    with pytest.raises(FileProblem, match="archive, not an XLSX workbook") as caught:
        ImportSource.open(path, "leads.xlsx")
    assert caught.value.code == "unsupported_format"


@pytest.mark.parametrize(
    "members",
    [
        {"xl/workbook.xml": "<workbook", "[Content_Types].xml": "<Types/>"},
        {"xl/workbook.xml": "<workbook/>", "xl/_rels/workbook.xml.rels": "<Relationships/>"},
    ],
)
def test_a_workbook_without_a_sheet(tmp_path, members):
    assert refusal(archive(tmp_path / "upload", members)) == "unsupported_format"


def test_a_damaged_workbook(tmp_path):
    path = column(tmp_path / "upload", *("Demo" for _ in range(1000)))
    path.write_bytes(path.read_bytes()[:3000])
    assert refusal(path) == "unsupported_format"


def test_a_workbook_that_would_unpack_to_far_more_is_refused_unopened(tmp_path):
    members = {"xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": " " * 30_000_000}
    assert refusal(archive(tmp_path / "upload", members)) == "too_large"
    assert not (tmp_path / "upload.utf8.csv").exists()


def test_a_sheet_of_two_far_corners_ends_its_own_process_only(tmp_path):
    path = workbook(tmp_path / "upload", {(0, 0): "Name", (1_048_575, 16_383): "Demo"})
    assert path.stat().st_size < 10_000
    assert refusal(path) == "too_large"


def test_one_long_text_shared_by_many_cells_does_not_fill_the_disk(tmp_path):
    path = column(tmp_path / "upload", *["x" * 32_000] * 10_000)
    assert path.stat().st_size < 200_000
    assert refusal(path) == "too_large"
    assert (tmp_path / "upload.utf8.csv").stat().st_size <= 300 * 1024 * 1024


def test_a_workbook_over_25_mb(tmp_path):
    path = column(tmp_path / "upload", "Demo")
    with open(path, "r+b") as file:
        file.truncate(25 * 1024 * 1024 + 1)
    assert refusal(path) == "too_large"
