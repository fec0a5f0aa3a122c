"""Exported cells: harmless in a spreadsheet, and the same again after an import."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nextgenerp.core.csv_cells import neutralise, restore

CELLS = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="'=+-@\t\r\n＝＋－＠0123456789. aनाम😀\"", max_size=12),
    st.from_regex(r"'{0,3}[+-]?[0-9]{1,16}(\.[0-9]{1,3})?\n?", fullmatch=True),
)


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("", ""),
        ("Demo Traders", "Demo Traders"),
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("+91 98765 43210", "'+91 98765 43210"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        ("'=1", "''=1"),
        ("''-", "'''-"),
        ("'-5", "''-5"),
        ("-5.00", "-5.00"),
        ("+5", "+5"),
        ("-5\n", "'-5\n"),
        ("-1e5", "'-1e5"),
        ("-1,234", "'-1,234"),
        ("-५", "'-५"),
        ("+919876543210", "+919876543210"),
        ("+1234567890123456", "+1234567890123456"),  # a plain number, if no phone number
        ("'", "'"),
        ("'Demo'", "'Demo'"),
        (" =1", " =1"),
        ("a=1", "a=1"),
    ],
)
def test_neutralise_and_restore(cell, written):
    assert neutralise(cell) == written
    assert restore(written) == cell


@pytest.mark.parametrize("cell", ["'Demo", "'-5", "'+919876543210", "'", "''", "=1", ""])
def test_restore_leaves_what_no_export_wrote(cell):
    assert restore(cell) == cell


@given(CELLS)
@example("'" * 40 + "=")
def test_every_cell_comes_back(cell):
    assert restore(neutralise(cell)) == cell


@given(CELLS)
def test_what_is_written_is_harmless(cell):
    written = neutralise(cell)
    harmless = re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", written)
    assert written[:1] not in tuple("=+-@\t\r＝＋－＠") or harmless


@given(CELLS, CELLS)
def test_two_cells_are_never_written_alike(one, other):
    assert (neutralise(one) == neutralise(other)) == (one == other)
