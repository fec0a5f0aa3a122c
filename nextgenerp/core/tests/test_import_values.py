"""What people type, as values: exact results, and refusals by their codes."""

import contextlib
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from hypothesis import given
from hypothesis import strategies as st

from nextgenerp.core.imports.values import (
    ValueProblem,
    choice_lookup,
    email_key,
    parse_boolean,
    parse_choice,
    parse_date,
    parse_datetime,
    parse_decimal,
    parse_email,
    parse_integer,
    parse_list,
    parse_money,
    parse_phone,
    parse_text,
)

KOLKATA = ZoneInfo("Asia/Kolkata")
ANYTHING = st.one_of(
    st.text(max_size=80), st.text(alphabet="0123456789,. -+()₹RsINReE%/:T'०९\xa0", max_size=40)
)


def refusal(parse, *args, **options):
    with pytest.raises(ValueProblem) as caught:
        parse(*args, **options)
    return caught.value.code


# Texts


def test_text_is_trimmed_and_keeps_newlines_tabs_and_scripts():
    assert parse_text(" \xa0 Demo\tTraders\r\nPune\n ") == "Demo\tTraders\nPune"
    assert parse_text("क्‍ष 👨‍👩‍👧") == "क्‍ष 👨‍👩‍👧"
    assert parse_text("") == ""


@pytest.mark.parametrize("code", [0, 7, 0x0B, 0x0D, 0x1F, 0x7F, 0x85, 0x9F, 0xD800, 0xDFFF])
def test_text_refuses_what_no_text_holds(code):
    assert refusal(parse_text, f"a{chr(code)}b") == "invalid_characters"


def test_text_length_counts_after_trimming():
    assert parse_text(" 12345 ", max_length=5) == "12345"
    assert refusal(parse_text, "123456", max_length=5) == "max_length"


# E-mail


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" demo-lead-17@example.com ", "demo-lead-17@example.com"),
        ("Demo.Lead+tag@Mail.Example.COM", "Demo.Lead+tag@Mail.Example.COM"),
        ("demo＠example.com", "demo@example.com"),
        ("demo@उदाहरण.भारत", "demo@उदाहरण.भारत"),
        ("demo@xn--p1ai.xn--p1ai", "demo@xn--p1ai.xn--p1ai"),
        ("o'demo@example.co.in", "o'demo@example.co.in"),
    ],
)
def test_email(text, address):
    assert parse_email(text) == address


@pytest.mark.parametrize(
    "text",
    [
        *("demo", "@example.com", "demo@", "demo@example", "demo@@example.com", "demo@example..com"),
        *(
            ".demo@example.com",
            "demo.@example.com",
            "de mo@example.com",
            "demo@-example.com",
            "demo@example.c",
        ),
        *(
            "demo@[127.0.0.1]",
            '"demo"@example.com',
            "demo@example.com, other@example.com",
            "demo@example.com\n.x",
        ),
        *("डेमो@example.com", f"{'a' * 65}@example.com", "demo@exa_mple.com", "demo@example.123"),
    ],
)
def test_email_refused(text):
    assert refusal(parse_email, text) == "invalid_email"


def test_email_too_long():
    assert refusal(parse_email, f"demo@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.example") == "max_length"


def test_email_key_folds_case_and_width_but_not_look_alikes():
    assert email_key("Demo@EXAMPLE.com") == email_key("ｄｅｍｏ@example.com") == "demo@example.com"
    assert email_key("STRASSE@example.com") == email_key("straße@example.com")
    assert email_key("dеmo@example.com") != "demo@example.com"  # the second letter is Cyrillic


@given(st.one_of(st.emails(), st.text(alphabet="ab.-_@1+\"' ", max_size=20)))
def test_every_accepted_email_is_one_to_django_too(text):
    try:
        address = parse_email(text)
    except ValueProblem:
        return
    EmailValidator()(address)


@given(
    st.from_regex(
        r"[a-z0-9][a-z0-9_+-]{0,20}(\.[a-z0-9]{1,5})?@([a-z0-9-]{1,15}\.){1,3}[a-z]{2,6}", fullmatch=True
    )
)
def test_ordinary_emails_are_judged_as_django_judges_them(address):
    try:
        EmailValidator()(address)
    except ValidationError:
        assert refusal(parse_email, address) == "invalid_email"
    else:
        assert parse_email(address) == address


# Phone numbers


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("9876543210", "+919876543210"),
        ("09876543210", "+919876543210"),
        ("+91 98765 43210", "+919876543210"),
        ("91-9876543210", "+919876543210"),
        ("+91-98765-43210", "+919876543210"),
        ("919876543210", "+919876543210"),
        (" 98765.43210 ", "+919876543210"),
        ("(+91) 98765 43210", "+919876543210"),
        ("\u202a+91 98765 43210\u202c", "+919876543210"),
        ("९८७६५४३२१०", "+919876543210"),
        ("＋919876543210", "+919876543210"),
        ("'9876543210", "+919876543210"),
        ("0091 98765 43210", "+919876543210"),
        ("022-2222 2222", "+912222222222"),
        ("+1 650-253-0000", "+16502530000"),
    ],
)
def test_phone(text, e164):
    assert parse_phone(text) == e164


def test_phone_of_another_region():
    assert parse_phone("650 253 0000", region="US") == "+16502530000"
    assert parse_phone("+91 98765 43210", region="US") == "+919876543210"
    assert refusal(parse_phone, "9876543210", region="AE") == "invalid_phone"
    assert refusal(parse_phone, "9876543210", region="ZZ") == "invalid_phone"


@pytest.mark.parametrize(
    "text", ["9.19876E+11", "9.87654321E9", "9,19876E+11", "919876543210.0", "9876543210.00", "1E12"]
)
def test_phone_that_a_spreadsheet_rewrote(text):
    assert refusal(parse_phone, text) == "phone_exponent"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "12345",
            "987654321",
            "98765432101",
            "98765ABCDE",
            "1-800-FLOWERS",
            "9876543210 x12",
            "+999 1234567",
        ),
        *(
            "9876543210/9876543211",
            "9876543210;ext=5",
            "tel:9876543210",
            "+",
            "9876543210\n9876543211",
            "9" * 5000,
            *("9876543210,12", "9876543210,,12", "4412312345", "3112312345"),
        ),
    ],
)
def test_phone_refused(text):
    assert refusal(parse_phone, text) == "invalid_phone"


def by_phonenumbers(text):
    number = phonenumbers.parse(text, "IN")
    assert phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@given(
    st.sampled_from(["", "0", "91", "+91", "91 ", "91-", "+91 ", "+91-"]),
    st.from_regex(r"[6-9][0-9]{4}[ -]?[0-9]{5}", fullmatch=True),
)
def test_the_quick_road_says_what_phonenumbers_says(prefix, rest):
    assert parse_phone(prefix + rest) == by_phonenumbers(prefix + rest)


@pytest.mark.parametrize("first", "6789")
def test_phonenumbers_holds_every_indian_mobile_series_for_valid(first):
    for series in range(0, 10_000, 7):
        text = f"{first}{series:04}12345"
        assert parse_phone(text) == by_phonenumbers(text)


# Numbers


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        *(
            ("₹1,23,456.50", "123456.50"),
            ("Rs. 1,23,456.50", "123456.50"),
            ("INR 500", "500"),
            ("1,234.5", "1234.5"),
        ),
        *(
            ("rs500", "500"),
            ("Rs.  500/-", "500"),
            ("₹\xa05", "5"),
            ("500 INR", "500"),
            (".5", "0.5"),
            ("+5", "5"),
        ),
        *(("1,234,567.89", "1234567.89"), ("12,34,56,789", "123456789"), ("1 23 456.50", "123456.50")),
        *(
            ("१,२३,४५६.५०", "123456.50"),
            ("007", "7"),
            ("-0", "0"),
            ("0.00", "0"),
            ("999999999999.99", "999999999999.99"),
        ),
    ],
)
def test_money(text, amount):
    value = parse_money(text)
    assert value == Decimal(amount)
    assert not value.is_signed()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(
            (text, "ambiguous_number")
            for text in ("1.234,50", "1,5", "12,34", "1,23,4567", "1.2.3", "1,234 567", "0,123")
        ),
        *((text, "ambiguous_number") for text in ("1,,234", "1.234.567", "1 2", "1.2 3")),
        *(
            (text, "invalid_number")
            for text in ("", "abc", "NaN", "Infinity", "1e5", "1E+2", "--5", "(-5)", "(5", "5)")
        ),
        *(
            (text, "invalid_number")
            for text in ("₹", "5%", "$5", "5.", "1_000", "0x10", "1/2", "5 lakh", "9" * 100, ",5")
        ),
        *((text, "max_decimal_places") for text in ("1.234", "1.500", "₹0.001")),
        *((text, "max_digits") for text in ("1000000000000", "1,00,00,00,00,00,000")),
        *((text, "min_value") for text in ("-1", "(500)", "₹ -0.01", "-₹500", "\u22125")),
    ],
)
def test_money_refused(text, code):
    assert refusal(parse_money, text) == code


def test_negative_money_where_it_is_allowed():
    for text in ("-500", "(500)", "(₹500.00)", "₹-500", "- 500", "\u2212500"):
        assert parse_money(text, allow_negative=True) == Decimal(-500)
    assert str(parse_money("-0.00", allow_negative=True)) == "0.00"


def test_leading_zeros_do_not_count_as_digits():
    assert parse_money("0000000000000001") == Decimal(1)


@given(st.decimals(min_value=0, max_value=Decimal("999999999999.99"), places=2))
def test_an_amount_means_the_same_however_it_is_grouped(amount):
    whole, _, decimals = f"{amount:.2f}".partition(".")
    indian, rest = whole[-3:], whole[:-3]
    while rest:
        indian, rest = f"{rest[-2:]},{indian}", rest[:-2]
    assert parse_money(f"{amount:.2f}") == parse_money(f"₹{amount:,.2f}") == amount
    assert parse_money(f"Rs. {indian}.{decimals}") == amount


def test_decimal_scale_bounds_and_percent():
    assert parse_decimal("1.125") == Decimal("1.125")
    assert parse_decimal("18 %", percent=True, maximum=Decimal(100)) == Decimal(18)
    assert parse_decimal("-2.5", minimum=None) == Decimal("-2.5")
    assert refusal(parse_decimal, "18%") == "invalid_number"
    assert refusal(parse_decimal, "₹18") == "invalid_number"
    assert refusal(parse_decimal, "5/-") == "invalid_number"
    assert refusal(parse_decimal, "1.2345") == "max_decimal_places"
    assert refusal(parse_decimal, "101", maximum=Decimal(100)) == "max_value"
    assert refusal(parse_decimal, "-1") == "min_value"
    assert refusal(parse_decimal, "1234", max_digits=6) == "max_digits"


def test_integer():
    assert parse_integer("1,000") == 1000
    assert parse_integer("30.0") == 30
    assert parse_integer("-3", minimum=-5) == -3
    assert refusal(parse_integer, "30.5") == "invalid_integer"
    assert refusal(parse_integer, "-1") == "min_value"
    assert refusal(parse_integer, "2147483648") == "max_value"
    assert refusal(parse_integer, "1e3") == "invalid_number"


# Dates


@pytest.mark.parametrize(
    ("text", "day"),
    [
        *(
            (text, date(2026, 1, 5))
            for text in ("2026-01-05", " 2026-01-05 ", "2026/1/5", "2026.01.05", "05/01/2026")
        ),
        *(
            (text, date(2026, 1, 5))
            for text in ("5-1-2026", "05.01.2026", "5 Jan 2026", "05-Jan-2026", "5 january 2026")
        ),
        *(
            (text, date(2026, 1, 5))
            for text in ("5th January, 2026", "Jan 5, 2026", "January 5th 2026", "०५/०१/२०२६")
        ),
        *(
            (text, date(2026, 1, 5))
            for text in ("2026-01-05T00:00:00", "05/01/2026 00:00", "2026-01-05 00:00:00.000")
        ),
        *((text, date(2026, 5, 13)) for text in ("13/05/2026", "05/13/2026")),
        ("06/05/2026", date(2026, 5, 6)),
        ("29/02/2024", date(2024, 2, 29)),
        ("5 Sept 2026", date(2026, 9, 5)),
    ],
)
def test_date(text, day):
    assert parse_date(text) == day


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "45000",
            "20260105",
            "05/01/26",
            "31/02/2026",
            "29/02/2026",
            "2026-13-01",
            "13/13/2026",
            "2026-W01-1",
        ),
        *(
            "5/1-2026",
            "2026-01-05T10:30:00",
            "today",
            "5 Foo 2026",
            "0000-01-01",
            "2026-01-05x",
            "00/01/2026",
            "1/2026",
        ),
        *("2026-01-05T00:00:00Z", "२०२६", "5 Janua 2026"),
    ],
)
def test_date_refused(text):
    assert refusal(parse_date, text) == "invalid_date"


def test_the_order_of_a_date():
    assert parse_date("05/06/2026", order="dmy") == date(2026, 6, 5)
    assert refusal(parse_date, "05/13/2026", order="dmy") == "invalid_date"
    assert refusal(parse_date, "05/06/2026", order="ymd") == "invalid_date"
    for order in ("dmy", "ymd"):
        assert (
            parse_date("2026/06/05", order=order) == parse_date("5 Jun 2026", order=order) == date(2026, 6, 5)
        )


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_day_reads_back(day):
    assert parse_date(day.isoformat(), order="ymd") == day
    assert parse_date(f"{day.day}/{day.month}/{day.year}") == day
    assert parse_date(f"{day.day:02}-{day:%b}-{day.year}", order="dmy") == day
    assert parse_date(f"{day:%B} {day.day}, {day.year}") == day


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-05T10:30:00Z", datetime(2026, 1, 5, 10, 30, tzinfo=UTC)),
        ("2026-01-05T10:30:00.123456+05:30", datetime(2026, 1, 5, 5, 0, 0, 123456, tzinfo=UTC)),
        ("2026-01-05 10:30:00.5-0100", datetime(2026, 1, 5, 11, 30, 0, 500000, tzinfo=UTC)),
        ("2026-01-05T10:30", datetime(2026, 1, 5, 5, 0, tzinfo=UTC)),
        ("05/01/2026 10:30 PM", datetime(2026, 1, 5, 17, 0, tzinfo=UTC)),
        ("5 Oct 2026, 12:05 am", datetime(2026, 10, 4, 18, 35, tzinfo=UTC)),
        ("5 August 2026 12:05pm", datetime(2026, 8, 5, 6, 35, tzinfo=UTC)),
        ("2026-01-05", datetime(2026, 1, 4, 18, 30, tzinfo=UTC)),
        ("2026-01-05T10:30:00.123456789Z", datetime(2026, 1, 5, 10, 30, 0, 123456, tzinfo=UTC)),
    ],
)
def test_datetime(text, instant):
    assert parse_datetime(text, zone=KOLKATA) == instant


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(
            (text, "invalid_datetime")
            for text in ("2026-01-05 25:00", "2026-01-05 10:60", "2026-01-05 13:00 PM")
        ),
        *(
            (text, "invalid_datetime")
            for text in ("2026-01-05 0:30 am", "2026-01-05 10:30+99:99", "2026-01-05 10:30 IST")
        ),
        *((text, "invalid_datetime") for text in ("0001-01-01", "0001-01-01T00:00+05:30")),
        *(
            (text, "invalid_date")
            for text in ("", "45000.5", "10:30", "31/02/2026 10:30", "2026-01-05 at 10")
        ),
    ],
)
def test_datetime_refused(text, code):
    assert refusal(parse_datetime, text, zone=KOLKATA) == code


def test_a_local_time_that_the_clocks_skipped_is_refused():
    new_york = ZoneInfo("America/New_York")
    assert refusal(parse_datetime, "2026-03-08 02:30", zone=new_york) == "invalid_datetime"
    assert parse_datetime("2026-03-08 03:30", zone=new_york) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


# Yes and no, choices, lists


@pytest.mark.parametrize("text", ["yes", " YES ", "y", "True", "1", "हाँ", "हां"])
def test_yes(text):
    assert parse_boolean(text) is True


@pytest.mark.parametrize("text", ["no", "N", "false", "0", "नहीं"])
def test_no(text):
    assert parse_boolean(text) is False


def test_neither_yes_nor_no():
    assert (
        refusal(parse_boolean, "maybe")
        == refusal(parse_boolean, "")
        == refusal(parse_boolean, "2")
        == "invalid_boolean"
    )


def test_choice_by_key_or_label_in_any_case():
    lookup = choice_lookup(
        [("sez", "Special economic zone"), ("overseas", "SEZ"), ("none", "Not registered")]
    )
    assert parse_choice(" special  ECONOMIC zone ", lookup) == "sez"
    assert parse_choice("Sez", lookup) == "sez"  # the key, not the other's label
    assert parse_choice("Not Registered", lookup) == "none"
    with pytest.raises(ValueProblem, match=r"^Choose one of: sez, overseas, none\.$") as caught:
        parse_choice("other", lookup)
    assert caught.value.code == "invalid_choice"


def test_list_is_split_trimmed_and_without_repetitions():
    assert parse_list(" Hot ; gst;;HOT; Pune, West ") == ["Hot", "gst", "Pune, West"]
    assert parse_list("a,b;c", separator=",") == ["a", "b;c"]
    assert parse_list(" ; ") == []
    assert refusal(parse_list, "abcd;abc", max_length=3) == "max_length"
    assert refusal(parse_list, "a;b;c", max_items=2) == "max_items"


@pytest.mark.parametrize(
    "parse",
    [
        *(
            parse_text,
            parse_email,
            parse_phone,
            parse_money,
            parse_decimal,
            parse_integer,
            parse_date,
            parse_boolean,
        ),
        *(parse_list, lambda text: parse_datetime(text, zone=KOLKATA), lambda text: parse_choice(text, {})),
    ],
)
@given(text=ANYTHING)
def test_nothing_but_a_value_problem_ever_escapes(parse, text):
    with contextlib.suppress(ValueProblem):
        parse(text)
