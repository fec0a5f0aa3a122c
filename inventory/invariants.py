"""What must hold of a tenant's stock: the counter of products, and every ledger to the last paisa."""

from collections.abc import Iterator

from django.db import connection

from inventory.models import Product
from nextgenerp.core.invariants import counted, invariant

LEDGERS = """
    WITH running AS (
        SELECT product_id, seq, row_number() OVER one AS n, quantity, value, balance_after, value_after,
               sum(quantity) OVER one AS balance, sum(value) OVER one AS total
        FROM stock_movement WINDOW one AS (PARTITION BY product_id ORDER BY seq)
    )
    SELECT product_id, seq, balance_after, balance, value_after, total FROM running
    WHERE (seq, balance_after, value_after) <> (n, balance, total)
    ORDER BY product_id, seq LIMIT 50
"""
FIGURES = """
    SELECT id, last_seq, coalesce(n, 0), on_hand, coalesce(quantity, 0), stock_value, coalesce(value, 0)
    FROM product LEFT JOIN (
        SELECT product_id, count(*) AS n, sum(quantity) AS quantity, sum(value) AS value FROM stock_movement GROUP BY 1
    ) AS ledger ON product_id = id
    WHERE (on_hand, stock_value, last_seq) <> (coalesce(quantity, 0), coalesce(value, 0), coalesce(n, 0))
    ORDER BY id LIMIT 50
"""


@counted("products")
def count_products() -> int:
    return Product.objects.count()


@invariant("stock")
def check_stock() -> Iterator[str]:
    """A product's stock and its value are the sums of its movements, at the last one and at every one before."""
    with connection.cursor() as cursor:
        cursor.execute(FIGURES)
        for product, seq, n, on_hand, quantity, stock_value, value in cursor.fetchall():
            yield (
                f"{product}: {on_hand} on hand worth {stock_value} after movement {seq}, "
                f"{n} movements make {quantity} worth {value}"
            )
        cursor.execute(LEDGERS)
        for product, seq, after, balance, value_after, total in cursor.fetchall():
            yield (
                f"{product}: movement {seq} leaves {after} worth {value_after}, "
                f"the movements make {balance} worth {total}"
            )
