"""How numbers are written: tokens, periods, and that no format the rules let through writes a number twice."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nextgenerp.core.documents.models import DocumentType, NumberingSeries
from nextgenerp.core.documents.number_format import TOKENS, check_format, frame_of, longest, period_of
from nextgenerp.core.exceptions import Invalid

POLICIES = NumberingSeries.ResetPolicy.values
days = st.dates(date(2017, 7, 1), date(2099, 12, 31))


def series(format="{PREFIX}/{FY}/{SEQ}", policy="financial_year", prefix="QT", padding=4, kind="quotation"):
    return NumberingSeries(
        document_type=kind, prefix=prefix, format=format, padding=padding, reset_policy=policy
    )


def number(day, sequence=1, **options):
    return frame_of(series(**options), day).number(sequence)


@pytest.mark.parametrize(
    ("policy", "day", "period"),
    [
        ("financial_year", date(2027, 3, 31), "2026-27"),
        ("financial_year", date(2027, 4, 1), "2027-28"),
        ("financial_year", date(2099, 4, 1), "2099-00"),
        ("calendar_year", date(2026, 12, 31), "2026"),
        ("calendar_year", date(2027, 1, 1), "2027"),
        ("monthly", date(2026, 11, 30), "2026-11"),
        ("monthly", date(2026, 12, 1), "2026-12"),
        ("never", date(2026, 12, 1), ""),
    ],
)
def test_periods(policy, day, period):
    assert period_of(policy, day) == period


@pytest.mark.parametrize(
    ("format", "day", "written"),
    [
        ("{PREFIX}/{FY}/{SEQ}", date(2027, 3, 31), "QT/26-27/0001"),
        ("{PREFIX}/{FY}/{SEQ}", date(2027, 4, 1), "QT/27-28/0001"),
        ("{FYYY}-{SEQ}-{PREFIX}", date(2026, 11, 23), "2026-27-0001-QT"),
        ("{PREFIX}{YY}{MM}{SEQ}", date(2027, 1, 9), "QT27010001"),
        ("{YYYY} {MM} Nº{SEQ}", date(2027, 1, 9), "2027 01 Nº0001"),
    ],
)
def test_tokens(format, day, written):
    assert number(day, format=format) == written


def test_a_sequence_outgrows_its_padding():
    day = date(2026, 11, 23)
    assert [number(day, n) for n in (9999, 10000)] == ["QT/26-27/9999", "QT/26-27/10000"]


def test_a_prefix_is_no_format():
    assert number(date(2026, 11, 23), prefix="MM") == "MM/26-27/0001"


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"format": "{PREFIX}/{FY}"}, "format", "sequence_once"),
        ({"format": "{FY}/{SEQ}/{SEQ}"}, "format", "sequence_once"),
        ({"format": "{FY}/{SEQ}/{DD}"}, "format", "unknown_token"),
        ({"format": "{FY}/{SEQ}{"}, "format", "unknown_token"),
        ({"format": "{FY}/{seq}"}, "format", "unknown_token"),
        ({"prefix": "{FY}"}, "prefix", "invalid"),
        ({"format": "{PREFIX}/{SEQ}"}, "format", "period_token"),
        ({"format": "{PREFIX}/{YYYY}/{SEQ}"}, "format", "period_token"),
        ({"format": "{PREFIX}/{MM}/{SEQ}"}, "format", "period_token"),
        ({"format": "{FY}/{SEQ}", "policy": "calendar_year"}, "format", "period_token"),
        ({"format": "{FY}/{SEQ}", "policy": "monthly"}, "format", "period_token"),
        ({"format": "{YYYY}/{SEQ}", "policy": "monthly"}, "format", "period_token"),
        ({"format": "{FY}/{SEQ}" + "x" * 40}, "format", "too_long"),
        ({"kind": "invoice", "prefix": "IN_V"}, "prefix", "invalid_characters"),
        ({"kind": "invoice", "format": "{FY} {SEQ}"}, "format", "invalid_characters"),
        ({"kind": "invoice", "format": "{FY}/₹{SEQ}"}, "format", "invalid_characters"),
        ({"kind": "invoice", "prefix": "INVO"}, "format", "too_long"),  # INVO/26-27/000001 has 17
        ({"kind": "invoice", "prefix": "INV", "padding": 7}, "format", "too_long"),
    ],
)
def test_what_a_format_may_not_be(changes, field, code):
    with pytest.raises(Invalid) as refused:
        check_format(series(**changes))
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [(field, code)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kind": "invoice", "prefix": "INV"},  # INV/26-27/000001 has 16
        {"kind": "invoice", "prefix": "", "format": "{FY}-{SEQ}", "padding": 10},
        {"policy": "never", "format": "{SEQ}"},
        {"policy": "never"},
        {"policy": "monthly", "format": "{YY}{MM}{SEQ}"},
        {"policy": "monthly", "format": "{FY}/{MM}/{SEQ}"},
        {"policy": "calendar_year", "format": "{YYYY}/{SEQ}"},
        {"policy": "financial_year", "format": "{YYYY}{MM}/{SEQ}"},
    ],
)
def test_what_a_format_may_be(changes):
    check_format(series(**changes))


formats = st.lists(
    st.sampled_from([*TOKENS[:-1], "/", "1", "x"]), min_size=1, max_size=5
).flatmap(lambda parts: st.permutations([*parts, "{SEQ}"]).map("".join))  # fmt: skip
sequences = st.integers(1, 999_999)


@settings(max_examples=150, deadline=None)
@given(
    formats, st.sampled_from(POLICIES), st.integers(1, 10), st.sampled_from(["", "1", "QT"]),
    st.sampled_from(DocumentType.values), days, days, sequences, sequences,
)  # fmt: skip
def test_no_two_documents_get_one_number(format, policy, padding, prefix, kind, day, other, n, m):
    one = series(format, policy, prefix, padding, kind)
    try:
        check_format(one)
    except Invalid:
        return
    if (period_of(policy, day), n) == (period_of(policy, other), m):
        return
    written = [frame_of(one, when).number(sequence) for when, sequence in ((day, n), (other, m))]
    assert written[0] != written[1]
    assert max(map(len, written)) <= longest(kind)


@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=40, deadline=None)
@given(formats, days, days, st.integers(1, 12))
def test_a_period_is_told_by_its_tokens(policy, format, day, other, n):
    """The same sequence in two periods: where the rules let a format through, the numbers differ."""
    one = series(format, policy)
    try:
        check_format(one)
    except Invalid:
        return
    same_period = period_of(policy, day) == period_of(policy, other)
    same_number = frame_of(one, day).number(n) == frame_of(one, other).number(n)
    assert same_period or not same_number
