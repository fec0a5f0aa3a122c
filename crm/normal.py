"""The normal forms under which names are compared, sorted and found, and the places of new kanban cards."""

import re
import secrets
import time
import unicodedata

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Microseconds of 400 years are 9 digits of base 62; counted down from there, later places sort first.
_LATEST = len(DIGITS) ** 9 - 1
KEY_LENGTH = 200
_NOT_A_DIGIT = re.compile(r"\D+")


def normal(text: str) -> str:
    """What all spellings of one text have in common: NFKC, case folded, single spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(text.lower().split())


def name_key(text: str) -> str:
    """The normal form of a name, as long as an index takes it."""
    return normal(text)[:KEY_LENGTH]


def digits(text: str) -> str:
    """The digits of a phone number alone."""
    return _NOT_A_DIGIT.sub("", text)


def search_text(*parts: str) -> str:
    """One text to find a record by: its parts in their normal form, a blank before and a line end after each.

    The blank lets a pattern begin at a word; the line end keeps a match inside one part.
    """
    return "".join(f" {normal(part)}\n" for part in parts if part)


def place_on_top() -> str:
    """A place before every place given out earlier; places compare as ASCII.

    Places are fractions in base 62: between any two there is room for more. The last two digits are random,
    so that cards made in the same microsecond differ; none is 0, the digit nothing fits in front of.
    """
    number, place = _LATEST - time.time_ns() // 1000, ""
    while number:
        number, digit = divmod(number, len(DIGITS))
        place = DIGITS[digit] + place
    return place.rjust(9, "0") + secrets.choice(DIGITS[1:]) + secrets.choice(DIGITS[1:])
