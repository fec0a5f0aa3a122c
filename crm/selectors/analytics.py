"""What came in as leads over a period and what became of it: by status, part of the period, source and member."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.utils import timezone

from crm.models import LeadSource, LeadStatus
from nextgenerp.core import seats
from nextgenerp.core.periods import Period, part_number

HUNDREDTH = Decimal("0.01")
A_DAY, A_MICROSECOND = timedelta(days=1), timedelta(microseconds=1)
STATUS, SOURCE, MEMBER = range(3)  # what figures are kept by
Key = tuple[UUID, UUID | None, UUID | None]


@dataclass(slots=True)
class Tally:
    """Figures of some leads: ``converted`` and ``lost`` by part of the period, ``waited`` from creation to conversion
    of all that were converted, ``value`` and ``overdue`` of the open ones."""

    total: int = 0
    created: int = 0
    contacted: int = 0
    converted: Counter[int] = field(default_factory=Counter)
    lost: Counter[int] = field(default_factory=Counter)
    waited: timedelta = timedelta()
    value: Decimal = Decimal(0)
    overdue: int = 0

    def add(self, other: "Tally") -> None:
        self.total += other.total
        self.created += other.created
        self.contacted += other.contacted
        self.converted.update(other.converted)
        self.lost.update(other.lost)
        self.waited += other.waited
        self.value += other.value
        self.overdue += other.overdue

    @property
    def figures(self) -> dict[str, Any]:
        """What is said of a source, a member and everything alike."""
        converted = self.converted.total()
        return {
            "created": self.created,
            "contacted": self.contacted,
            "converted": converted,
            "lost": self.lost.total(),
            "conversionRate": percent(converted, self.created),
            "pipelineValue": f"{self.value:.2f}",
            "overdueFollowUps": self.overdue,
        }


def lead_analytics(leads: QuerySet, period: Period, size: str) -> dict[str, Any]:
    """The figures of some leads over a period in parts of a size (``day``, ``week``, ``month``): five queries.

    Created, contacted, converted and lost count what happened in the period, whenever the lead was made; total,
    pipeline and overdue follow-ups are as of now. A lead is open until its status is won or lost or it is converted.
    """
    parts = period.parts(size)
    statuses = list(LeadStatus.objects.all())
    tallies = dict(tallies_of(leads, period, parts, {one.id for one in statuses if one.type == "open"}))
    everything = Tally()
    for tally in tallies.values():
        everything.add(tally)
    return {
        "kpis": kpis(everything),
        "funnel": funnel(statuses, by(STATUS, tallies), everything.created),
        "trend": trend(parts, created_in_parts(leads, period, parts), everything),
        "bySource": by_source(by(SOURCE, tallies)),
        "byAssignee": by_assignee(by(MEMBER, tallies)),
    }


def tallies_of(
    leads: QuerySet, period: Period, parts: list[date], is_open: set[UUID]
) -> Iterator[tuple[Key, Tally]]:
    """The figures by status, source and member, from one pass over the leads."""

    def happened(column: str) -> Q:
        return Q(**{f"{column}__gte": period.start, f"{column}__lt": period.end})

    waited = ExpressionWrapper(F("converted_at") - F("created_at"), DurationField())
    groups = leads.order_by().values_list("status_id", "source_id", "assigned_to_id")
    rows = groups.annotate(
        n=Count("*"),
        made=Count("id", filter=happened("created_at")),
        reached=Count("id", filter=happened("first_contacted_at")),
        won=ArrayAgg(part_number("converted_at", parts), filter=happened("converted_at")),
        gone=ArrayAgg(part_number("lost_at", parts), filter=happened("lost_at")),
        waited=Sum(waited, filter=happened("converted_at")),
        worth=Sum("estimated_value", filter=Q(converted_at=None)),
        late=Count("id", filter=Q(next_follow_up_at__lt=timezone.now(), converted_at=None)),
    )
    for status, source, member, total, created, contacted, converted, lost, time, value, overdue in rows:
        tally = Tally(
            total, created, contacted, Counter(converted or ()), Counter(lost or ()), time or timedelta()
        )
        if status in is_open:
            tally.value, tally.overdue = value or Decimal(0), overdue
        yield (status, source, member), tally


def created_in_parts(leads: QuerySet, period: Period, parts: list[date]) -> dict[int, int]:
    """How many leads were made in each part of a period; the index of creation answers that alone."""
    made = leads.filter(created_at__gte=period.start, created_at__lt=period.end).order_by()
    return dict(made.values_list(part_number("created_at", parts)).annotate(n=Count("*")))


def by(place: int, tallies: dict[Key, Tally]) -> dict[UUID | None, Tally]:
    """Figures by one part of their key."""
    found: dict[UUID | None, Tally] = {}
    for key, tally in tallies.items():
        found.setdefault(key[place], Tally()).add(tally)
    return found


def kpis(everything: Tally) -> dict[str, Any]:
    figures = everything.figures
    converted = figures["converted"]
    days = Decimal(everything.waited // timedelta(microseconds=1)) / Decimal(
        A_DAY // timedelta(microseconds=1)
    )
    return {
        "total": everything.total,
        "new": figures.pop("created"),
        **figures,
        "averageDaysToConvert": str(rounded(days / converted)) if converted else None,
    }


def funnel(statuses: list[LeadStatus], found: dict[UUID | None, Tally], created: int) -> list[dict[str, Any]]:
    """The leads made in the period by the status they have now."""
    counts = {status.id: found[status.id].created if status.id in found else 0 for status in statuses}
    return [
        {
            "statusId": status.id,
            "name": status.name,
            "count": counts[status.id],
            "percent": percent(counts[status.id], created),
        }
        for status in statuses
    ]


def trend(parts: list[date], created: dict[int, int], everything: Tally) -> list[dict[str, Any]]:
    return [
        {
            "period": day,
            "created": created.get(number, 0),
            "converted": everything.converted[number],
            "lost": everything.lost[number],
        }
        for number, day in enumerate(parts, 1)
    ]


def by_source(found: dict[UUID | None, Tally]) -> list[dict[str, Any]]:
    names = dict(LeadSource.objects.values_list("id", "name"))
    return ranked(
        {"sourceId": key, "name": names.get(key) if key else None, **tally.figures}
        for key, tally in found.items()
    )


def by_assignee(found: dict[UUID | None, Tally]) -> list[dict[str, Any]]:
    names = seats.names(key for key in found if key)
    return ranked(
        {"assignedToId": key, "name": names[key]["name"] if key in names else None, **tally.figures}
        for key, tally in found.items()
    )


def ranked(rows: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that have something to say, most leads first, those of nobody at the end."""
    said = [row for row in rows if any(value not in (0, "0.00", None) for value in list(row.values())[2:])]
    return sorted(said, key=lambda row: (row["name"] is None, -row["created"], row["name"] or ""))


def percent(part: int, whole: int) -> str:
    """A share of a hundred with two decimals; 0.00 of nothing."""
    return str(rounded(Decimal(100 * part) / whole)) if whole else "0.00"


def rounded(number: Decimal) -> Decimal:
    return number.quantize(HUNDREDTH, ROUND_HALF_UP)
