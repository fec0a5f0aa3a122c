"""Spans of days, as figures are asked for them: whole days in the tenant's time zone."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db.models import DateTimeField, F, Func, IntegerField, Value

from nextgenerp.core.tenancy import start_of_day, tenant_today


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        """The first instant."""
        return start_of_day(self.first)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return start_of_day(self.last + timedelta(days=1))

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def parts(self, size: str) -> list[date]:
        """The first days of its days, weeks (from Monday) or months, the one ``first`` is in included."""
        if size == "day":
            return self.days
        if size == "week":
            monday = self.first - timedelta(days=self.first.weekday())
            return [monday + timedelta(weeks=number) for number in range((self.last - monday).days // 7 + 1)]
        first, last = (day.year * 12 + day.month - 1 for day in (self.first, self.last))
        return [date(number // 12, number % 12 + 1, 1) for number in range(first, last + 1)]


def current_month() -> Period:
    """The month that has today, whole."""
    today = tenant_today()
    return Period(today.replace(day=1), today.replace(day=monthrange(today.year, today.month)[1]))


def day_number(column: str, period: Period) -> Func:
    """Which day of a period an instant column is in, from 1 on, as an expression; of instants in the period only."""
    return part_number(column, period.days)


def part_number(column: str, starts: list[date]) -> Func:
    """Which of some spans, each until the next, an instant column is in, from 1 on; 0 before the first.

    Day by day through the calendar of a time zone costs PostgreSQL four times as much.
    """
    instants = Value([start_of_day(day) for day in starts], ArrayField(DateTimeField()))
    return Func(F(column), instants, function="width_bucket", output_field=IntegerField())
