"""The normal forms under which names are compared, sorted and found, and the places of new kanban cards."""

import secrets
import time

from nextgenerp.core.search import KEY_LENGTH, digits, name_key, normal, search_text

__all__ = ["DIGITS", "KEY_LENGTH", "digits", "name_key", "normal", "place_on_top", "search_text"]
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Microseconds of 400 years are 9 digits of base 62; counted down from there, later places sort first.
_LATEST = len(DIGITS) ** 9 - 1


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
