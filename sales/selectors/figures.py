"""What the sales documents of a period come to, within an actor's scope."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

from nextgenerp.core.periods import Period
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import Actor
from sales.kinds import PROFORMA_INVOICE, QUOTATION, SALES_ORDER, SalesKind

NOTHING = Decimal("0.00")
Daily = dict[date, int]


def quotation_figures(period: Period, actor: Actor) -> tuple[dict[str, Any], Daily]:
    return figures(QUOTATION, period, actor)


def proforma_invoice_figures(period: Period, actor: Actor) -> tuple[dict[str, Any], Daily]:
    """With ``settled``: what was received on them."""
    found, daily = figures(PROFORMA_INVOICE, period, actor)
    settled = dated_in(PROFORMA_INVOICE, period, actor).aggregate(sum=Sum("settled"))["sum"]
    return found | {"settled": settled or NOTHING}, daily


def sales_order_figures(period: Period, actor: Actor) -> tuple[dict[str, Any], Daily]:
    return figures(SALES_ORDER, period, actor)


def figures(kind: SalesKind, period: Period, actor: Actor) -> tuple[dict[str, Any], Daily]:
    """The documents dated in a period: how many, what they come to, by status, and how many on each day."""
    counts: Counter[UUID] = Counter()
    values: dict[UUID, Decimal] = {}
    daily = Counter[date]()
    rows = (
        dated_in(kind, period, actor)
        .order_by()
        .values_list("status_id", "date")
        .annotate(n=Count("*"), v=Sum("payable"))
    )
    for status, day, n, value in rows:
        counts[status] += n
        values[status] = values.get(status, NOTHING) + value
        daily[day] += n
    found = {
        "count": counts.total(),
        "value": sum(values.values(), NOTHING),
        "byStatus": [
            {
                "statusId": status.id, "name": status.name, "category": status.category, "color": status.color,
                "count": counts[status.id], "value": values.get(status.id, NOTHING),
            }
            for status in kind.status_model.objects.order_by("order", "name")
        ],
    }  # fmt: skip
    return found, daily


def dated_in(kind: SalesKind, period: Period, actor: Actor) -> Any:
    return visible(kind.model.objects.filter(date__range=(period.first, period.last)), actor)
