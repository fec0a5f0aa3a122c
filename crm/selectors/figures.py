"""What leads and deals come to in a period, within an actor's scope."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from crm.models import Deal, Lead, LeadStatus
from nextgenerp.core.periods import Period, day_number
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import Actor

NOTHING = Decimal("0.00")
Daily = dict[date, int]


def lead_figures(period: Period, actor: Actor) -> tuple[dict[str, Any], Daily]:
    """Leads made in a period: how many, what they may be worth, by status, and how many on each day.

    ``overdueFollowUps`` counts the open leads, whenever made, whose follow-up is due by now. Three queries.
    """
    leads = visible(Lead.objects.all(), actor)
    counts: Counter[UUID] = Counter()
    values: dict[UUID, Decimal] = {}
    daily, days = Counter[date](), period.days
    rows = (
        made_in(leads, period)
        .values_list("status_id", "day")
        .annotate(n=Count("*"), v=Sum("estimated_value"))
    )
    for status, day, n, value in rows:
        counts[status] += n
        values[status] = values.get(status, NOTHING) + (value or NOTHING)
        daily[days[day - 1]] += n
    overdue = leads.filter(
        next_follow_up_at__lt=timezone.now(), converted_at=None, status__type=LeadStatus.Type.OPEN
    )
    figures = {
        "count": counts.total(),
        "value": sum(values.values(), NOTHING),
        "byStatus": [
            {
                "statusId": status.id, "name": status.name, "type": status.type, "color": status.color,
                "count": counts[status.id], "value": values.get(status.id, NOTHING),
            }
            for status in LeadStatus.objects.all()
        ],
        "overdueFollowUps": overdue.count(),
    }  # fmt: skip
    return figures, daily


def deal_figures(period: Period, actor: Actor) -> tuple[dict[str, Any], Daily]:
    """Deals made in a period: how many, their value and weighted value, by stage, and how many on each day."""
    deals = made_in(visible(Deal.objects.all(), actor), period)
    found: dict[str, list[Any]] = {stage: [0, NOTHING, NOTHING] for stage in Deal.Stage.values}
    daily, days = Counter[date](), period.days
    rows = deals.values_list("stage", "day").annotate(n=Count("*"), v=Sum("value"), w=Sum("weighted_value"))
    for stage, day, *figures in rows:
        found[stage] = [one + more for one, more in zip(found[stage], figures, strict=True)]
        daily[days[day - 1]] += figures[0]
    count, value, weighted = (sum(column) for column in zip(*found.values(), strict=True))
    by_stage = [
        {"stage": stage, "count": n, "value": one, "weightedValue": other}
        for stage, (n, one, other) in found.items()
    ]
    return {"count": count, "value": value, "weightedValue": weighted, "byStage": by_stage}, daily


def made_in(records: QuerySet, period: Period) -> QuerySet:
    """The records made in a period, with the ``day`` of it each was made on, from 1 on."""
    made = records.filter(created_at__gte=period.start, created_at__lt=period.end)
    return made.annotate(day=day_number("created_at", period)).order_by()
