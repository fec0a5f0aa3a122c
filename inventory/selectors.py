"""Questions about products and stock that need more than a filter."""

from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from inventory.models import Product, StockMovement
from nextgenerp.core.periods import Period
from nextgenerp.core.search import containing, normal
from nextgenerp.core.tenancy import Actor, start_of_day, tenant_today

LOW = Q(track_stock=True, on_hand__gt=0, on_hand__lte=F("reorder_level"))
OUT = Q(track_stock=True, on_hand=0)
NO_UNITS, NO_VALUE = Decimal("0.000"), Decimal("0.00")


def search_products(queryset: QuerySet, text: str) -> QuerySet:
    """Products whose name, SKU, category or HSN code hold a text; one or two letters at the beginning of words."""
    return containing(queryset, normal(text))


def stock_summary() -> dict[str, Any]:
    """Figures of all products and their stock, for those who may view them: two queries.

    ``lowStock`` and ``outOfStock`` count active products, as their lists ``?isActive=true&stock=…`` do.
    """
    figures = Product.objects.aggregate(
        products=Count("id"),
        active=Count("id", filter=Q(is_active=True)),
        totalUnits=Sum("on_hand", default=NO_UNITS),
        stockValue=Sum("stock_value", default=NO_VALUE),
        lowStock=Count("id", filter=LOW & Q(is_active=True)),
        outOfStock=Count("id", filter=OUT & Q(is_active=True)),
    )
    today = StockMovement.objects.filter(created_at__gte=start_of_day(tenant_today()))
    return {**figures, "movementsToday": today.count()}


def inventory_figures(period: Period, actor: Actor) -> tuple[dict[str, Any], None]:
    """The stock as it is now, whatever the period, for the dashboard: products in use, their value, what is short."""
    summary = stock_summary()
    figures = {
        "count": summary["active"],
        "value": summary["stockValue"],
        "lowStock": summary["lowStock"],
        "outOfStock": summary["outOfStock"],
    }
    return figures, None
