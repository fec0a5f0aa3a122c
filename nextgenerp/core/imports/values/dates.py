"""Dates and instants, as people and spreadsheets write them."""

import re
from datetime import UTC, date, datetime, time, tzinfo
from typing import Literal

from nextgenerp.core.imports.values.numbers import ascii_digits
from nextgenerp.core.imports.values.problem import ValueProblem

DateOrder = Literal["auto", "dmy", "ymd"]

_MAX_LENGTH = 64
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_DAY_MONTH_YEAR = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\.?,?[ -]([0-9]{4})")
_MONTH_DAY_YEAR = re.compile(r"([a-z]{3,9})\.?[ -]([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})")
_MIDNIGHT = re.compile(r"[t ]00:00(?::00(?:\.0+)?)?$")
_CLOCK = re.compile(r"(?P<day>.+?)(?:t|,? )(?P<clock>[0-9]{1,2}:.*)")
_TIME = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6})[0-9]*)?)? ?(am|pm)? ?(z|[+-][0-9]{2}:?[0-9]{2})?"
)
_NAMES = [
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
]
_MONTHS = {name[:size]: n for n, name in enumerate(_NAMES, 1) for size in (3, len(name))} | {"sept": 9}


def parse_date(text: str, *, order: DateOrder = "auto") -> date:
    """Return a date written year first, day first, or with the name of the month.

    ``auto`` reads 05/06/2026 as 5 June, and month first only what cannot be day first; ``dmy`` never reads
    month first; ``ymd`` refuses figures that do not begin with the year. Serial numbers of spreadsheets and
    years of two digits are refused.
    """
    text = text.strip()
    if iso := _ISO.fullmatch(text):
        return _date(iso[1], iso[2], iso[3])
    text = _MIDNIGHT.sub("", ascii_digits(text[:_MAX_LENGTH]).lower())
    if found := _YEAR_FIRST.fullmatch(text):
        return _date(found[1], found[3], found[4])
    if found := _YEAR_LAST.fullmatch(text):
        return _year_last(found[1], found[3], found[4], order)
    if found := _DAY_MONTH_YEAR.fullmatch(text):
        return _date(found[3], _MONTHS.get(found[2], 0), found[1])
    if found := _MONTH_DAY_YEAR.fullmatch(text):
        return _date(found[3], _MONTHS.get(found[1], 0), found[2])
    raise _invalid_date("This is not a date. Write it like 2026-01-31 or 31/01/2026.")


def _year_last(first: str, second: str, year: str, order: DateOrder) -> date:
    if order == "ymd":
        raise _invalid_date("Dates are expected with the year first, like 2026-01-31.")
    if order == "auto" and int(second) > 12:
        first, second = second, first
    return _date(year, second, first)


def _date(year: str, month: str | int, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise _invalid_date("There is no such day in the calendar.") from None


def _invalid_date(detail: str) -> ValueProblem:
    return ValueProblem("invalid_date", detail)


def parse_datetime(text: str, *, zone: tzinfo, order: DateOrder = "auto") -> datetime:
    """Return an instant in UTC.

    A time without an offset is local to ``zone``, a date alone is its midnight there; a local time that the
    clocks skipped is refused.
    """
    text = ascii_digits(text.strip()[:_MAX_LENGTH]).lower()
    parts = _CLOCK.fullmatch(text)
    day = parse_date(parts["day"] if parts else text, order=order)
    try:
        moment = datetime.combine(day, _time(parts["clock"]) if parts else time())
        if moment.tzinfo is None:
            moment = _existing(moment.replace(tzinfo=zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueProblem("invalid_datetime", "There is no such time.") from None


def _time(clock: str) -> time:
    """Raises ValueError for a time of day there is not."""
    found = _TIME.fullmatch(clock)
    if found is None:
        raise ValueProblem("invalid_datetime", "This is not a date and time. Write it like 2026-01-31 14:30.")
    hour = int(found[1])
    if found[5]:
        if not 1 <= hour <= 12:
            raise ValueError(clock)
        hour = hour % 12 + (12 if found[5] == "pm" else 0)
    offset = datetime.strptime(found[6].upper(), "%z").tzinfo if found[6] else None
    return time(hour, int(found[2]), int(found[3] or 0), int((found[4] or "").ljust(6, "0")), offset)


def _existing(moment: datetime) -> datetime:
    """Raises ValueError for a local time that the clocks skipped."""
    if moment.astimezone(UTC).astimezone(moment.tzinfo).replace(tzinfo=None) != moment.replace(tzinfo=None):
        raise ValueError(moment)
    return moment
