"""Places of kanban cards: fractions in base 62 that compare as ASCII; between any two there is room for more.

No place ends in 0, the digit nothing fits in front of. New cards go on top with the time counted down, so that nobody
has to look for the first card.
"""

import secrets
import time
from itertools import count

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE = len(DIGITS)
VALUES = {digit: value for value, digit in enumerate(DIGITS)}
# Microseconds of 400 years are 9 digits of base 62; counted down from there, later places sort first.
WIDTH = 9
_LATEST = BASE**WIDTH - 1
STEP = BASE**4  # what a card at the bottom is below the last one: as far as a quarter of a minute
LONGEST = 40  # characters of a place; where one would be longer, the cards around it move apart


def place_on_top() -> str:
    """A place before every place given out earlier.

    The last two digits are random, so that cards made in the same microsecond differ.
    """
    place = written(_LATEST - time.time_ns() // 1000, WIDTH)
    return place + secrets.choice(DIGITS[1:]) + secrets.choice(DIGITS[1:])


def place_below(last: str) -> str:
    """A place after the last one of a column that is no longer than the others, however often it is asked for."""
    number = value(last, WIDTH) + STEP
    return written(number, WIDTH).rstrip("0") if number < _LATEST else places_between(last, "", 1)[0]


def places_between(above: str, below: str, n: int) -> list[str]:
    """``n`` places evenly between two others, as short as that allows; an empty one is the column's end.

    Raises ValueError where the two are not in this order.
    """
    if below and above >= below:
        raise ValueError((above, below))
    for width in count(1):
        low = value(above, width)
        high = value(below, width) if below else BASE**width
        if high - low > n:
            return [written(low + (high - low) * i // (n + 1), width).rstrip("0") for i in range(1, n + 1)]
    raise AssertionError("unreachable")


def value(place: str, width: int) -> int:
    """The first ``width`` digits of a place as a number."""
    number = 0
    for digit in place[:width].ljust(width, "0"):
        number = number * BASE + VALUES[digit]
    return number


def written(number: int, width: int) -> str:
    """A number in so many digits."""
    digits = []
    for _ in range(width):
        number, digit = divmod(number, BASE)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))
