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


def current_month() -> Period:
    """The month that has today, whole."""
    today = tenant_today()
    return Period(today.replace(day=1), today.replace(day=monthrange(today.year, today.month)[1]))


def day_number(column: str, period: Period) -> Func:
    """Which day of a period an instant column is in, from 1 on, as an expression; of instants in the period only.

    Day by day through the calendar of a time zone costs PostgreSQL four times as much.
    """
    starts = Value([start_of_day(day) for day in period.days], ArrayField(DateTimeField()))
    return Func(F(column), starts, function="width_bucket", output_field=IntegerField())
