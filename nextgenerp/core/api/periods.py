"""The parameters ``from`` and ``to`` of figures."""

import re
from datetime import date
from typing import Any

from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.periods import Period

PERIOD_PARAMETERS = ("from", "to")
DAY = {"type": "string", "format": "date"}
PERIOD_SCHEMAS = {
    "from": {**DAY, "description": "The first day, in the tenant's time zone."},
    "to": {**DAY, "description": "The last day, included."},
}
YEARS = range(1900, 3000)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_period(query: Any, default: Period, most_days: int) -> Period:
    """The days from ``from`` to ``to``; what is not given is the default's. Raises Invalid."""
    period = Period(read_day(query, "from", default.first), read_day(query, "to", default.last))
    if period.first > period.last:
        raise Invalid.field("to", "out_of_range", f"Not before {period.first}, the first day.")
    if (period.last - period.first).days >= most_days:
        raise Invalid.field("to", "out_of_range", f"At most {most_days} days.")
    return period


def read_day(query: Any, name: str, default: date) -> date:
    text = query.get(name)
    if not text:
        return default
    try:
        day = date.fromisoformat(text) if _ISO.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise Invalid.field(name, "invalid", "A day of the years 1900 to 2999, such as 2026-11-30.")
    return day
