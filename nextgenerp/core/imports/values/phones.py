"""Phone numbers, as E.164."""

import re

import phonenumbers

from nextgenerp.core.imports.values.problem import ValueProblem

# phonenumbers takes 20 times as long, and holds every number of these forms for valid: a test compares them.
_INDIAN_MOBILE = re.compile(r"(?:\+?91[ -]?|0)?([6-9][0-9]{4})[ -]?([0-9]{5})")
_REWRITTEN = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+|\+?\d{7,}\.0{1,2}")
# Digits of any script, blanks, signs between digits, and the invisible marks that phone books copy along.
_WRITTEN = re.compile(r"'?[\d\s+().,/\-\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060\u2212\uff0b]+")
_MAX_LENGTH = 64


def parse_phone(text: str, region: str = "IN") -> str:
    """Return the number as E.164; one without a country code belongs to ``region``.

    A number that a spreadsheet has rewritten (``9.19876E+11``, ``9876543210.0``) is refused, and so is one
    with letters or an extension, which E.164 would lose.
    """
    text = text.strip()
    if region == "IN" and (mobile := _INDIAN_MOBILE.fullmatch(text)):
        return f"+91{mobile[1]}{mobile[2]}"
    if len(text) > _MAX_LENGTH:
        raise _invalid_phone()
    if _REWRITTEN.fullmatch(text):
        raise ValueProblem(
            "phone_exponent",
            "A spreadsheet has turned this phone number into a figure. Enter it again in a column of text.",
        )
    if not _WRITTEN.fullmatch(text):
        raise _invalid_phone()
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise _invalid_phone() from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise _invalid_phone()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _invalid_phone() -> ValueProblem:
    return ValueProblem("invalid_phone", "This is not a valid phone number.")
