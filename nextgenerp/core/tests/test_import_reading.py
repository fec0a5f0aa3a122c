"""Uploaded text files read back as written, row by row, from any row on; broken rows cost only themselves."""

import contextlib
import csv
import io
import json
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nextgenerp.core.imports.problems import FileProblem
from nextgenerp.core.imports.reading import MAX_RECORD_BYTES, ImportSource, Position

LATIN = "abcéüñß019 ,;|\t\"'\n\r=+-"
ENCODINGS = {
    "utf-8": LATIN + "नम€😀\u2028\x85\x0b",
    "utf-8-sig": LATIN + "नम€😀\u2028",
    "utf-16": LATIN + "नम€😀",
    "cp1252": LATIN,
}
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def upload(tmp_path, content, encoding="utf-8"):
    path = tmp_path / "upload"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def read(tmp_path, content, encoding="utf-8"):
    source = ImportSource.open(upload(tmp_path, content, encoding), "leads.csv")
    rows = list(source.rows())
    assert source.total == len(rows)
    return source, rows


def cells(tmp_path, content, encoding="utf-8"):
    return [row.cells for row in read(tmp_path, content, encoding)[1]]


def codes(rows):
    return [(row.line, row.problem.code if row.problem else "blank" if row.is_blank else "") for row in rows]


def refusal(tmp_path, content, name="leads.csv"):
    with pytest.raises(FileProblem) as caught:
        ImportSource.open(upload(tmp_path, content), name)
    return caught.value.code


def assert_resumes(source, rows):
    for number, row in enumerate(rows, 1):
        position = Position(*json.loads(json.dumps(row.after)))
        assert position.record == number
        assert seen(source.rows(position)) == seen(rows[number:])


def seen(rows):
    return [(r.line, r.record, r.cells, r.problem and r.problem.code, r.after) for r in rows]


@st.composite
def tables(draw):
    encoding = draw(st.sampled_from(sorted(ENCODINGS)))
    width = draw(st.integers(2, 4))
    cell = st.text(alphabet=ENCODINGS[encoding], max_size=12)
    return {
        "encoding": encoding,
        "delimiter": draw(st.sampled_from(",;\t|")),
        "quoting": draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])),
        "headers": ["Name", "Mobile No.", "ईमेल" if encoding != "cp1252" else "Prénom", "Notes"][:width],
        "rows": draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=8)),
        "leading": draw(st.integers(0, 2)),
    }


@same_folder
@given(table=tables())
def test_what_a_csv_writer_wrote_reads_back_with_its_line_numbers(tmp_path, table):
    text = io.StringIO(newline="")
    text.write("\r\n" * table["leading"])
    writer = csv.writer(text, delimiter=table["delimiter"], quoting=table["quoting"])
    writer.writerow(table["headers"])
    expected = []
    for number, row in enumerate(table["rows"], 1):
        line = text.getvalue().count("\n") + 1
        writer.writerow(row)
        expected.append((line, number, row if any(map(str.strip, row)) else []))

    source, rows = read(tmp_path, text.getvalue(), table["encoding"])

    assert source.headers == tuple(table["headers"])
    assert source.delimiter == table["delimiter"]
    assert [(row.line, row.record, row.cells) for row in rows] == expected
    assert all(row.problem is None for row in rows)
    assert_resumes(ImportSource.from_json(json.loads(json.dumps(source.to_json()))), rows)


TOKENS = [
    b'"',
    b'""',
    b",",
    b";",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xa9",
    b"a",
    b" ",
    b"1",
    b"\xe0\xa4\xa8",
]


@same_folder
@given(st.lists(st.sampled_from(TOKENS), max_size=60).map(b"".join))
def test_no_bytes_crash_it_and_every_record_is_counted(tmp_path, content):
    try:
        source, rows = read(tmp_path, b"Name,Phone\n" + content)
    except FileProblem as problem:
        if problem.code != "unsupported_format":
            raise
        return
    assert [row.record for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        assert row.problem or row.is_blank or len(row.cells) == len(source.headers)
        assert "\0" not in "".join(row.cells)
        assert "".join(row.cells).encode().decode() == "".join(row.cells)
    assert_resumes(source, rows)


@same_folder
@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_rows_or_a_problem(tmp_path, content):
    with contextlib.suppress(FileProblem):
        _, rows = read(tmp_path, content)
        text = "".join("".join(row.cells) for row in rows)
        assert "\0" not in text
        assert text.encode().decode() == text


# Encodings


@pytest.mark.parametrize(
    ("encoding", "bom"),
    [
        *(("utf-8", b""), ("utf-8", b"\xef\xbb\xbf")),
        *(("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"), ("utf-16-le", b""), ("utf-16-be", b"")),
    ],
)
def test_unicode_in_all_its_encodings(tmp_path, encoding, bom):
    text = "नाम,Phone,City\r\nडेमो,9876543210,Pune\r\n\r\n😀,9876543211,Nagpur\r\n"
    source, rows = read(tmp_path, bom + text.encode(encoding))
    assert source.headers == ("नाम", "Phone", "City")
    assert [row.cells for row in rows] == [["डेमो", "9876543210", "Pune"], [], ["😀", "9876543211", "Nagpur"]]
    assert [row.line for row in rows] == [2, 3, 4]


def test_one_windows_1252_byte_far_down_decides_the_file(tmp_path):
    lines = [f"Demo {number},Pune" for number in range(90_000)]
    lines[89_000] = "Caf\xe9 Demo \u2019,Pune"
    _, rows = read(tmp_path, "Name,City\n" + "\n".join(lines), "cp1252")
    assert len(rows) == 90_000
    assert rows[89_000].cells == ["Café Demo ’", "Pune"]
    assert rows[89_000].line == 89_002
    assert all(row.problem is None for row in rows)


def test_broken_bytes_in_a_utf8_file_cost_their_rows_only(tmp_path):
    content = "Name,City\nनाम,पुणे\nनाम,पु".encode() + b"\xe0\xa4" + "\nडेमो,नागपुर\n".encode()
    source, rows = read(tmp_path, content)
    assert codes(rows) == [(2, ""), (3, "bad_encoding"), (4, "")]
    assert rows[1].cells == ["नाम", "पु\ufffd\ufffd"]
    assert rows[2].cells == ["डेमो", "नागपुर"]
    assert_resumes(source, rows)


def test_a_utf8_character_across_the_edge_of_a_chunk_is_no_broken_byte(tmp_path):
    content = b"Name,City\n" + b"a" * ((1 << 20) - 11) + "न,Pune\n".encode()
    _, rows = read(tmp_path, content)
    assert codes(rows) == [(2, "cell_too_long")]
    source, rows = read(
        tmp_path, b"Name,City\n" + b"Demo,Pune\n" * 104_856 + b"\nabc" + "नाम,Pune\n".encode()
    )
    assert not source.suspect
    assert rows[-1].cells == ["abcनाम", "Pune"]


def test_a_byte_order_mark_says_utf8_whatever_follows(tmp_path):
    _, rows = read(tmp_path, b"\xef\xbb\xbfName,City\nCaf\xe9,Pune\nDemo,Pune\n")
    assert codes(rows) == [(2, "bad_encoding"), (3, "")]


def test_a_character_in_two_halves_far_apart_is_broken_twice(tmp_path):
    chunk = 1 << 20
    lines = "Name,City\nनमस्ते,Pune\n".encode() + b"Demo,Pune\n" * 104_800
    first = lines + b"a" * (chunk - 1 - len(lines)) + b"\xe0"
    second = b",Pune\n" + b"Demo,Pune\n" * 104_856
    second += b"a" * (chunk - len(second))
    source, rows = read(tmp_path, first + second + b"\xa4\xa8,Pune\nDemo,Pune\n")
    assert source.suspect
    assert [row.line for row in rows if row.problem] == [104_803, 209_660]
    assert {code for _, code in codes(rows)} == {"", "bad_encoding"}


def test_bytes_that_windows_1252_has_not_either(tmp_path):
    _, rows = read(tmp_path, b"Name,City\nCaf\xe9,Pune\nDemo\x81,Pune\n")
    assert codes(rows) == [(2, ""), (3, "bad_encoding")]
    assert rows[0].cells == ["Café", "Pune"]


def test_utf16_with_half_a_character_and_a_cut_end(tmp_path):
    content = (
        "Name,City\nDemo".encode("utf-16")
        + b"\x00\xd8"
        + ",Pune\nDemo,Pune\nDemo,Pun".encode("utf-16-le")
        + b"e"
    )
    _, rows = read(tmp_path, content)
    assert codes(rows) == [(2, "bad_encoding"), (3, ""), (4, "bad_encoding")]


def test_a_few_nul_characters_do_not_make_a_file_utf16(tmp_path):
    assert codes(read(tmp_path, b'Name,City\n"\0,\0"')[1]) == [(2, "nul_character")]


def test_a_broken_row_with_a_nul_is_shown_without_it(tmp_path):
    _, rows = read(tmp_path, b'Name,City\n"De\0"mo,Pune\n' + b"Demo,Pune\n" * 3)
    assert codes(rows)[0] == (2, "broken_quote")
    assert rows[0].cells == ['"De\ufffd"mo,Pune']


def test_nul_characters_are_a_problem_of_their_row(tmp_path):
    _, rows = read(tmp_path, b"Name,City\nDemo,Pune\nDe\0mo,Pune\n\0\0,1,2\nDemo,Pune\n")
    assert codes(rows) == [(2, ""), (3, "nul_character"), (4, "nul_character"), (5, "")]
    assert rows[1].cells == ["De\ufffdmo", "Pune"]


def test_old_macintosh_line_ends(tmp_path):
    source, rows = read(tmp_path, b'Name,"Notes\rand more"\rDemo,"a\rb"\r\rCaf\xe9,c')
    assert source.headers == ("Name", "Notes\nand more")
    assert [(row.line, row.cells) for row in rows] == [(3, ["Demo", "a\nb"]), (5, []), (6, ["Café", "c"])]


def test_old_macintosh_line_ends_in_utf8(tmp_path):
    assert cells(tmp_path, "\ufeffName,City\rनाम,Pune\rDemo,Pune\r") == [["नाम", "Pune"], ["Demo", "Pune"]]


def test_a_carriage_return_inside_quotes_is_no_line_end(tmp_path):
    source, rows = read(tmp_path, b'Name,"Notes\rmore"\nDemo,"a\rb"\nDemo,c\n')
    assert source.headers == ("Name", "Notes\rmore")
    assert [(row.line, row.cells) for row in rows] == [(2, ["Demo", "a\rb"]), (3, ["Demo", "c"])]


def test_doubled_carriage_returns_are_one_line_end(tmp_path):
    assert cells(tmp_path, b"Name,City\r\r\nDemo,Pune\r\r\n") == [["Demo", "Pune"]]


# Layout


@pytest.mark.parametrize(
    ("text", "delimiter", "headers"),
    [
        (
            "Name;Address, City;Phone\nDemo;1, Pune;98\nDemo;2, Pune;98\n",
            ";",
            ("Name", "Address, City", "Phone"),
        ),
        ("Name,Notes\nDemo,a;b;c\nDemo,a|b|c\n", ",", ("Name", "Notes")),
        ('"Name;x","City"\n"a;b","c"\n', ",", ("Name;x", "City")),
        ('Name\tNotes\nDemo\t"a, b,\nc, d"\nDemo\tx\n', "\t", ("Name", "Notes")),
        ("\tName\tCity\na\tb\tc\n", "\t", ("", "Name", "City")),
        ("Name|City\nDemo|Pune\n", "|", ("Name", "City")),
        ("Name\nDemo\n", ",", ("Name",)),
        ("sep=;\r\nName;A,B\r\nDemo;1\r\n", ";", ("Name", "A,B")),
        ('"sep=|"\nName,City|Phone\nDemo|1\n', "|", ("Name,City", "Phone")),
        (
            "Name;City;Phone\nDemo;Pune;1\n" + "Demo;Pune\n" + "Demo;Pune;1\n" * 9,
            ";",
            ("Name", "City", "Phone"),
        ),
        ("\n \nName;City\nDemo;Pune\n", ";", ("Name", "City")),
        ("Name,City,,\nDemo,Pune,,\n", ",", ("Name", "City")),
        ("Name,,City,,Phone\n", ",", ("Name", "", "City", "", "Phone")),
        ("\ufeff\ufeffName,City\n", ",", ("Name", "City")),
        ("Name\u2028again;City\nDemo;Pune\n", ";", ("Name\u2028again", "City")),
        ("A;B, C;D\n" + "1;2, 3;4\n" * 9 + "1;2, 3\n", ";", ("A", "B, C", "D")),
    ],
)
def test_the_delimiter_is_found(tmp_path, text, delimiter, headers):
    source, _ = read(tmp_path, text)
    assert (source.delimiter, source.headers) == (delimiter, headers)


def test_lines_are_counted_from_the_files_first_line(tmp_path):
    _, rows = read(tmp_path, 'sep=,\n\n\nName,City\nDemo,"1\n2\n3"\n\nDemo,Pune')
    assert codes(rows) == [(5, ""), (8, "blank"), (9, "")]


def test_rows_fit_the_header(tmp_path):
    _, rows = read(tmp_path, "Name,City,Phone\nDemo\nDemo,Pune,1,,  \nDemo,Pune,1,2\n , ,\n,,,,,\nDemo,,\n")
    assert codes(rows) == [(2, ""), (3, ""), (4, "too_many_cells"), (5, "blank"), (6, "blank"), (7, "")]
    assert rows[0].cells == ["Demo", "", ""]
    assert rows[1].cells == ["Demo", "Pune", "1"]
    assert rows[2].cells == ["Demo", "Pune", "1", "2"]
    assert rows[2].problem.detail == "This row has 4 cells, the header has 3."
    assert rows[3].cells == []


def test_a_header_alone_is_a_file_of_no_rows(tmp_path):
    assert cells(tmp_path, "Name,City\n") == cells(tmp_path, "Name,City") == []


# Broken rows


def test_a_quote_in_the_wrong_place_costs_one_row(tmp_path):
    source, rows = read(
        tmp_path, 'Name,City\nDemo,"Pune" West\nDemo 5" pipe,Pune\n"De"mo,Pune\n"De""mo",Pune\n'
    )
    assert codes(rows) == [(2, "broken_quote"), (3, ""), (4, "broken_quote"), (5, "")]
    assert rows[0].cells == ['Demo,"Pune" West']
    assert rows[1].cells == ['Demo 5" pipe', "Pune"]
    assert rows[3].cells == ['De"mo', "Pune"]
    assert_resumes(source, rows)


@pytest.mark.parametrize("after", [3, 5_000])
def test_a_quote_that_is_never_closed_costs_one_row(tmp_path, after):
    lines = [f"Demo {number},a city of some length in the demo state" for number in range(after)]
    source, rows = read(tmp_path, "Name,City\nDemo,Pune\n" + 'Demo,"Pune\n' + "\n".join(lines))
    assert codes(rows)[:2] == [(2, ""), (3, "unclosed_quote")]
    assert [row.cells[0] for row in rows[2:]] == [f"Demo {number}" for number in range(after)]
    assert [row.line for row in rows] == list(range(2, after + 4))
    assert seen(source.rows(rows[1].after)) == seen(rows[2:])


def test_a_quote_closed_by_a_later_rows_quote_costs_one_row(tmp_path):
    _, rows = read(tmp_path, 'Name,City\n"Demo 1,Pune\nDemo 2,Pune\n"Demo 3",Pune\nDemo 4,Pune\n')
    assert codes(rows) == [(2, "broken_quote"), (3, ""), (4, ""), (5, "")]
    assert rows[2].cells == ["Demo 3", "Pune"]


def test_cells_and_rows_that_are_too_long(tmp_path):
    long_cell = "x" * 131_073
    long_row = ",".join(["y" * 100_000] * 11)
    assert len(long_row) > MAX_RECORD_BYTES
    source, rows = read(
        tmp_path, f"Name,City\nDemo,{long_cell}\nDemo,Pune\n{long_row}\nDemo,Pune\n{long_row}"
    )
    assert codes(rows) == [(2, "cell_too_long"), (3, ""), (4, "row_too_long"), (5, ""), (6, "row_too_long")]
    assert rows[0].cells == ["Demo," + "x" * 495]
    assert_resumes(source, rows)


def test_a_stray_carriage_return_costs_one_row(tmp_path):
    _, rows = read(tmp_path, b"Name,City\nDemo\rLead,Pune\nDemo,Pune\n")
    assert codes(rows) == [(2, "stray_line_break"), (3, "")]


BAD_ROWS = {
    7: ('Demo {0},"Pune" x,1\r\n', "broken_quote"),
    37: ("Demo {0},Pune,1,2\r\n", "too_many_cells"),
    50: (",,\r\n", "blank"),
    67: ("Demo {0},Pune\rWest,1\r\n", "stray_line_break"),
}


def test_three_bad_rows_in_a_hundred_leave_the_others_whole(tmp_path):
    text, expected, line = "Name,City,Notes\r\n", [], 2
    for number in range(10_000):
        row, code = BAD_ROWS.get(number % 100, ('Demo {0},Pune,"first\nsecond, third"\r\n', ""))
        text += row.format(number)
        expected.append((line, code))
        line += row.count("\n")
    source, rows = read(tmp_path, text)
    assert codes(rows) == expected
    good = [row for row in rows if row.problem is None and not row.is_blank]
    assert len(good) == 9_600
    assert all(row.cells == [f"Demo {row.record - 1}", "Pune", "first\nsecond, third"] for row in good)
    for start in (7, 37, 5_067, 9_999):
        assert seen(source.rows(rows[start].after)) == seen(rows[start + 1 :])


def test_quotes_broken_all_over_are_refused_in_bounded_work(tmp_path):
    assert refusal(tmp_path, "Name,City\n" + 'b","c\n' * 250_000) == "broken_quotes"


# Whole files


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        (b"\n\r\n  \n,,\n", "empty_file"),
        ("\n".encode("utf-16"), "empty_file"),
        (b"1,2,3\n4,5,6\n", "no_header"),
        (b"Demo,9876543210,demo@example.com\n", "no_header"),
        (b"Demo,9876543210,Pune\n", "no_header"),
        (b"Name,City,Name\n", "duplicate_header"),
        (b"Name, Name \n", "duplicate_header"),
        (",".join(f"c{number}" for number in range(501)).encode(), "too_many_columns"),
        (b'Name,"City\nDemo,Pune\n', "unclosed_quote"),
        (b'"Name"x,City\nDemo,Pune\n', "broken_quote"),
        (b"\0\1\0\0\2\0\0\0" * 100, "unsupported_format"),
        (b"%PDF-1.7\n", "unsupported_format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 Workbook\n", "unsupported_format"),
    ],
)
def test_files_that_are_refused(tmp_path, content, code):
    assert refusal(tmp_path, content) == code


def test_five_hundred_columns_and_headers_of_one_word_in_two_cases(tmp_path):
    source, _ = read(tmp_path, ",".join(f"c{number}" for number in range(500)))
    assert len(source.headers) == 500
    assert read(tmp_path, "Name,name\n")[0].headers == ("Name", "name")


@pytest.mark.parametrize("line", ["a\n", '"a"\n'])
def test_a_million_rows_and_not_one_more(tmp_path, line):
    path = upload(tmp_path, "Name\n" + line * 1_000_000)
    assert ImportSource.open(path).total == 1_000_000
    with open(path, "a") as file:
        file.write("b")
    with pytest.raises(FileProblem, match="At most 1,000,000 rows") as caught:
        ImportSource.open(path)
    assert caught.value.code == "too_many_rows"


def test_a_file_over_300_mb(tmp_path):
    path = upload(tmp_path, "Name\n")
    with open(path, "r+b") as file:
        file.truncate(300 * 1024 * 1024 + 1)
    with pytest.raises(FileProblem, match="at most 300 MB") as caught:
        ImportSource.open(path)
    assert caught.value.code == "too_large"


@pytest.mark.parametrize("name", ["leads.pdf", "leads.ods", "leads.zip", "leads.exe"])
def test_names_that_are_refused(tmp_path, name):
    assert refusal(tmp_path, "Name\nDemo\n", name) == "unsupported_format"


@pytest.mark.parametrize("name", ["leads.csv", "LEADS.CSV", "leads.txt", "leads.tsv", "leads.xls", "leads"])
def test_names_that_may_be_text(tmp_path, name):
    assert ImportSource.open(upload(tmp_path, "Name\nDemo\n"), name).total == 1


def test_memory_stays_flat(tmp_path):
    line = "Demo,Pune,some notes of a certain length that fill the line with text\n"
    path = upload(tmp_path, "Name,City,Notes\n" + line * 300_000)
    tracemalloc.start()
    try:
        source = ImportSource.open(path)
        assert sum(1 for _ in source.rows()) == source.total == 300_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 20_000_000
    assert peak < 6_000_000
