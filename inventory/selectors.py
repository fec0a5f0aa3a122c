"""Questions about products and stock that need more than a filter."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum

from inventory.models import Product, StockMovement
from nextgenerp.core.search import containing, normal
from nextgenerp.core.tenancy import start_of_day, tenant_today

LOW = Q(track_stock=True, on_hand__gt=0, on_hand__lte=F("reorder_level"))
OUT = Q(track_stock=True, on_hand=0)
NO_UNITS, NO_VALUE = Decimal("0.000"), Decimal("0.00")
BROKEN = """
    WITH running AS (
        SELECT product_id, seq <> row_number() OVER one OR balance_after <> sum(quantity) OVER one
               OR value_after <> sum(value) OVER one AS is_wrong
        FROM stock_movement WINDOW one AS (PARTITION BY product_id ORDER BY seq)
    ), ledgers AS (
        SELECT product_id, count(*) AS n, sum(quantity) AS quantity, sum(value) AS value FROM stock_movement GROUP BY 1
    )
    SELECT product_id FROM running WHERE is_wrong
    UNION
    SELECT id FROM product LEFT JOIN ledgers ON product_id = id
    WHERE (on_hand, stock_value, last_seq) <> (coalesce(quantity, 0), coalesce(value, 0), coalesce(n, 0))
"""


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


def broken_ledgers() -> set[UUID]:
    """The products whose movements do not add up, one by one and to the figures of their stock: none, ever."""
    with connection.cursor() as cursor:
        cursor.execute(BROKEN)
        return {row[0] for row in cursor.fetchall()}
