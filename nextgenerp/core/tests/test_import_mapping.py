"""Headers find their fields, and cells become values or problems."""

import re
from decimal import Decimal

import pytest

from nextgenerp.core.imports.mapping import CellProblem, Column, map_headers
from nextgenerp.core.imports.values import ValueProblem, parse_email, parse_money, parse_phone, parse_text

COLUMNS = (
    Column("firstName", parse_text, aliases=("name", "full name", "नाम", "Prénom"), required=True),
    Column(
        "phone",
        parse_phone,
        aliases=("mobile", "mobile no", "phone number", "contact number", "मोबाइल", "फ़ोन"),
    ),
    Column("email", parse_email, aliases=("email id", "email address", "ईमेल")),
    Column("estimatedValue", parse_money, aliases=("amount", "value")),
    Column("billingAddress.line1", parse_text, aliases=("address",), max_length=10),
)


def fed(headers, mapping=None):
    return [(feed.header, feed.column.name) for feed in map_headers(headers, COLUMNS, mapping).feeds]


def refused(headers, mapping=None):
    with pytest.raises(ValueProblem) as caught:
        map_headers(headers, COLUMNS, mapping)
    return caught.value.code, caught.value.detail


@pytest.mark.parametrize(
    ("header", "field"),
    [
        *(
            (header, "firstName")
            for header in ("firstName", "First Name", "first_name", "FIRST-NAME", '"First Name"')
        ),
        *(
            (header, "firstName")
            for header in ("Name", "नाम", " नाम ", "prenom", "PRÉNOM", "Pre\u0301nom", "\ufeffName")
        ),
        *(
            (header, "phone")
            for header in ("Mobile No.", "mobile-no", "Phone Number", "मोबाइल", "फोन", "फ़ोन", "Phone*")
        ),
        *(
            (header, "email")
            for header in ("E-mail", "E-Mail ID", "Email Address", "EMAIL", "ई-मेल", "ｅｍａｉｌ")
        ),
        *((header, "estimatedValue") for header in ("Amount (₹)", "Estimated Value", "value:")),
        *(
            (header, "billingAddress.line1")
            for header in ("billingAddress.line1", "Billing Address Line 1", "ADDRESS")
        ),
    ],
)
def test_headers_match_without_case_blanks_punctuation_and_accents(header, field):
    headers = [header] if field == "firstName" else ["firstName", header]
    assert fed(headers)[-1] == (header, field)


def test_vowel_signs_count():
    assert map_headers(["Name", "नम"], COLUMNS).unmapped == ("नम",)


def test_unmapped_headers_are_named_and_empty_ones_left_out():
    mapped = map_headers(["Name", "", "Fax", "***", "Mobile"], COLUMNS)
    assert [(feed.place, feed.column.name) for feed in mapped.feeds] == [(0, "firstName"), (4, "phone")]
    assert mapped.unmapped == ("Fax", "***")


def test_an_exports_own_names_always_match():
    rival = Column("name", parse_text)
    columns = (*COLUMNS, rival)
    headers = [column.name for column in columns]
    assert [feed.column for feed in map_headers(headers, columns).feeds] == list(columns)


def test_two_fields_with_one_alias_are_a_mistake_of_ours():
    with pytest.raises(ValueError, match="share the alias 'Mobile-No'"):
        map_headers(["x"], (*COLUMNS, Column("alternatePhone", parse_phone, aliases=("Mobile-No",))))


def test_two_columns_for_one_field():
    assert refused(["Name", "Phone", "Mobile No."]) == (
        "duplicate_field",
        'The columns "Phone" and "Mobile No." both feed "phone". Leave one out.',
    )
    assert fed(["Name", "Phone", "Mobile No."], {"Phone": None})[1:] == [("Mobile No.", "phone")]


def test_the_explicit_mapping_wins():
    headers = ["Name", "Phone", "WhatsApp", "Value"]
    mapping = {"WhatsApp": "phone", "Value": None}
    mapped = map_headers(headers, COLUMNS, mapping)
    assert fed(headers, mapping) == [("Name", "firstName"), ("WhatsApp", "phone")]
    assert mapped.unmapped == ("Phone", "Value")


def test_the_explicit_mapping_names_headers_loosely():
    assert fed(["Name", "Whats App"], {"whatsapp": "phone"})[1:] == [("Whats App", "phone")]


@pytest.mark.parametrize(
    ("mapping", "code", "said"),
    [
        ({"Fax": "phone"}, "unknown_header", 'no column "Fax".*"Name", "WhatsApp"'),
        ({"": "phone"}, "unknown_header", 'no column ""'),
        ({"***": "phone"}, "unknown_header", r'no column "\*\*\*"'),
        ({"WhatsApp": "fax"}, "unknown_field", 'no field "fax".*"firstName", "phone"'),
        ({"WhatsApp": ["phone"]}, "unknown_field", "no field"),
        (
            {"Name": "phone", "WhatsApp": "phone"},
            "duplicate_field",
            '"Name" and "WhatsApp" both feed "phone"',
        ),
        ({"Name": None}, "no_columns", '"Name", "WhatsApp"'),
        ({"Name": "phone"}, "missing_column", '"firstName"'),
    ],
)
def test_a_wrong_mapping_is_refused(mapping, code, said):
    found, detail = refused(["Name", "", "WhatsApp"], mapping)
    assert found == code
    assert re.search(said, detail)


def test_a_file_none_of_whose_columns_is_known():
    code, detail = refused(["Colour", "Fax"])
    assert code == "no_columns"
    assert detail.startswith(
        'No column is known: the file has "Colour", "Fax", the fields are "firstName", "phone"'
    )


def test_a_refusal_of_a_hostile_header_stays_readable():
    _, detail = refused(["x" * 100_000, *(f"c{number}" for number in range(499))])
    assert '"' + "x" * 200 + '", "c0", ' in detail
    assert '"c48" and 450 more, the fields are' in detail


def test_cells_become_values_and_blank_ones_nothing():
    mapped = map_headers(["Name", "Fax", "Amount", "Phone", "Email"], COLUMNS)
    values, problems = mapped.parse([" Demo Lead ", "1", "₹1,000.50", "98765 43210", " \xa0"])
    assert values == {
        "firstName": "Demo Lead",
        "estimatedValue": Decimal("1000.50"),
        "phone": "+919876543210",
    }
    assert problems == []


def test_every_bad_cell_of_a_row_is_reported():
    mapped = map_headers(["Address", "E-mail", "Mobile No.", "Name", "Amount"], COLUMNS)
    values, problems = mapped.parse(["12345678901", "x" * 300, "9.19876E+11", "", "5"])
    assert values == {"estimatedValue": Decimal(5)}
    assert [(p.column, p.field, p.code, p.value) for p in problems] == [
        ("Address", "billingAddress.line1", "max_length", "12345678901"),
        ("E-mail", "email", "max_length", "x" * 200),
        ("Mobile No.", "phone", "phone_exponent", "9.19876E+11"),
        ("Name", "firstName", "required", ""),
    ]
    assert problems[3] == CellProblem("Name", "firstName", "required", "", "This is required.")


def test_an_exports_apostrophe_is_taken_off():
    mapped = map_headers(["Name", "Phone"], COLUMNS)
    assert mapped.parse(["'=1+1", "'+91 98765 43210"])[0] == {"firstName": "=1+1", "phone": "+919876543210"}
    assert mapped.parse(["''=1", ""])[0] == {"firstName": "'=1"}
    assert mapped.parse(["'Demo'", "'=1"]) == (
        {"firstName": "'Demo'"},
        [CellProblem("Phone", "phone", "invalid_phone", "=1", "This is not a valid phone number.")],
    )
