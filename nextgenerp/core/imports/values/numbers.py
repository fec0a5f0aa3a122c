"""Amounts, quantities, percentages and whole numbers, exact."""

import re
import unicodedata
from decimal import Decimal

from nextgenerp.core.imports.values.problem import ValueProblem

ZERO = Decimal(0)
_MAX_LENGTH = 64
_PLAIN = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,20})?")
_CURRENCY = r"(?:₹|rs\.?|inr)?"
_DECORATED = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+])? ?(?P<prefix>{_CURRENCY}) ?(?P<inner>[-+])?"
    rf"(?P<digits>[0-9](?:[0-9 ,.]*[0-9])?|\.[0-9]+) ?(?P<suffix>/-|%|{_CURRENCY})(?P<close>\))?",
    re.IGNORECASE,
)
# Groups of three, or the Indian two, two and three; by commas or by blanks, never both.
_GROUPED = re.compile(
    r"[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]?(?:,[0-9]{2})*,[0-9]{3}"
    r"|[1-9][0-9]{0,2}(?: [0-9]{3})+|[1-9][0-9]?(?: [0-9]{2})* [0-9]{3}"
)


def parse_money(text: str, *, max_digits: int = 14, scale: int = 2, allow_negative: bool = False) -> Decimal:
    """Return an amount in rupees, with or without ``₹``, ``Rs.``, ``INR``, ``/-`` and groups of digits.

    ``max_digits`` counts the decimals too, as in the database. ``(500)`` is a negative amount.
    """
    return _parse(text, max_digits, scale, minimum=None if allow_negative else ZERO, money=True)


def parse_decimal(
    text: str,
    *,
    max_digits: int = 15,
    scale: int = 3,
    minimum: Decimal | None = ZERO,
    maximum: Decimal | None = None,
    percent: bool = False,
) -> Decimal:
    """Return a number with at most ``scale`` decimals; with ``percent`` it may end in ``%``."""
    return _parse(text, max_digits, scale, minimum, maximum, percent=percent)


def parse_integer(text: str, *, minimum: int | None = 0, maximum: int | None = 2**31 - 1) -> int:
    """Return a whole number; decimals are allowed when they are zeros."""
    value = _parse(text, 30, 10, *(None if bound is None else Decimal(bound) for bound in (minimum, maximum)))
    if value != value.to_integral_value():
        raise ValueProblem("invalid_integer", "This is not a whole number.")
    return int(value)


def _parse(
    text: str,
    max_digits: int,
    scale: int,
    minimum: Decimal | None = None,
    maximum: Decimal | None = None,
    *,
    money: bool = False,
    percent: bool = False,
) -> Decimal:
    text = text.strip()
    if not _PLAIN.fullmatch(text):
        text = _plain(text, money, percent)
    whole, _, decimals = text.partition(".")
    if len(decimals) > scale:
        raise ValueProblem("max_decimal_places", f"At most {scale} decimals are allowed.")
    if len(whole.lstrip("-0")) > max_digits - scale:
        raise ValueProblem("max_digits", f"At most {max_digits - scale} digits before the point are allowed.")
    value = Decimal(text)
    if minimum is not None and value < minimum:
        raise ValueProblem("min_value", f"The least allowed is {minimum}.")
    if maximum is not None and value > maximum:
        raise ValueProblem("max_value", f"The most allowed is {maximum}.")
    return value or abs(value)  # never a negative zero


def _plain(text: str, money: bool, percent: bool) -> str:
    """Return ``-?digits[.digits]``, or refuse what has not exactly one meaning."""
    written = _DECORATED.fullmatch(" ".join(ascii_digits(text).split())) if len(text) <= _MAX_LENGTH else None
    if written is None or not _is_proper(written, money, percent):
        raise ValueProblem("invalid_number", "This is not a number.")
    whole, point, decimals = written["digits"].partition(".")
    if _GROUPED.fullmatch(whole):
        whole = whole.replace(",", "").replace(" ", "")
    if (whole and not whole.isdigit()) or (point and not decimals.isdigit()):
        raise ValueProblem(
            "ambiguous_number",
            "This can be read in more than one way. Write it like 123456.50 or 1,23,456.50.",
        )
    negative = written["open"] or "-" in (written["sign"], written["inner"])
    return f"{'-' if negative else ''}{whole or '0'}{point}{decimals}"


def _is_proper(written: re.Match[str], money: bool, percent: bool) -> bool:
    signs = sum(bool(written[name]) for name in ("open", "sign", "inner"))
    suffix = written["suffix"]
    return (
        signs <= 1
        and bool(written["open"]) == bool(written["close"])
        and (money or not written["prefix"])
        and (not suffix or (percent if suffix == "%" else money))
    )


def ascii_digits(text: str) -> str:
    """Write the digits of every script, the minus sign and every kind of blank in ASCII."""
    if text.isascii():
        return text
    text = text.replace("\u2212", "-")
    return "".join(" " if c.isspace() else str(unicodedata.decimal(c, c)) for c in text)
