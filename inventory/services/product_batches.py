"""Products stored by the thousand: what the import engine writes, with the same results as ``services.products``.

A row's values are named as the API names them.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone

from inventory.models import Product, StockMovement
from inventory.services.ledger import ZERO, Move, write_movements
from nextgenerp.core import history
from nextgenerp.core.documents.models import TaxMode
from nextgenerp.core.imports.tables import copy_history, copy_rows, update_rows
from nextgenerp.core.names import camel_case
from nextgenerp.core.search import name_key, search_text
from nextgenerp.core.tenancy import Actor

Values = Mapping[str, Any]
# By column: what a new product has in it where a row says nothing.
STORED: dict[str, Any] = {
    "sku": "", "name": "", "type": Product.Type.GOODS.value, "category": "", "unit": "NOS", "hsn_sac": "",
    "gst_rate": ZERO, "sale_price": ZERO, "purchase_price": ZERO, "tax_mode": TaxMode.EXCLUSIVE.value,
    "track_stock": True, "reorder_level": ZERO, "is_active": True,
}  # fmt: skip
SPOKEN = {column: camel_case(column) for column in STORED}
DERIVED = ["sku_key", "name_key", "search_text"]
FIGURES = dict.fromkeys(
    ("on_hand", "reserved", "available", "stock_value", "last_seq", "last_value", "last_cost"), 0
)
NEW = ["id", "created_at", "updated_at", "version", *STORED, *DERIVED, *FIGURES, "average_cost"]
CHANGED = [*STORED, *DERIVED]
FIND = """
    SELECT 'sku:' || sku_key, ARRAY[id] FROM product WHERE sku_key = ANY(%s)
    UNION ALL
    SELECT 'name:' || name_key, (array_agg(id ORDER BY id))[1:2] FROM product WHERE name_key = ANY(%s) GROUP BY name_key
"""


def find_products(skus: list[str], names: list[str]) -> dict[str, set[UUID]]:
    """The product of each normalised SKU and up to two of each name, under ``sku:…`` and ``name:…``."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, [skus, names])
        return {key: set(ids) for key, ids in cursor.fetchall()}


def create_products(records: Mapping[UUID, Values], *, actor: Actor) -> None:
    """Store new products and open their stock; the caller claims them and writes their history."""
    now = timezone.now().isoformat()
    copy_rows(Product, NEW, (new_row(record_id, values, now) for record_id, values in records.items()))
    opened = [
        Move(record_id, values["openingStock"], unit_cost=values.get("openingCost"))
        for record_id, values in records.items()
        if values.get("openingStock")
    ]
    write_movements(opened, type=StockMovement.Type.OPENING, actor=actor)


def new_row(record_id: UUID, values: Values, now: str) -> list[Any]:
    """A product in the order of ``NEW``."""
    stored = {column: values.get(SPOKEN[column], default) for column, default in STORED.items()}
    cost: Decimal = values.get("openingCost", ZERO)
    return [record_id, now, now, 1, *stored.values(), *derived(stored), *FIGURES.values(), cost]


def update_products(records: Mapping[UUID, Values], *, actor: Actor, import_id: UUID | None = None) -> None:
    """Write values over products, raise the version and write the history of those where something differs.

    The caller holds the row locks. Their stock stays as it is.
    """
    rows, entries = [], []
    for old in Product.objects.filter(id__in=records).values("id", *STORED):
        values = records[old["id"]]
        new = old | {column: values[spoken] for column, spoken in SPOKEN.items() if spoken in values}
        changes = {
            SPOKEN[column]: [history.plain(old[column]), history.plain(new[column])]
            for column in STORED
            if old[column] != new[column]
        }
        if changes:
            rows.append([new["id"], *(new[column] for column in STORED), *derived(new)])
            entries.append((new["id"], orjson.dumps(changes).decode()))
    if rows:
        update_rows(Product, CHANGED, rows)
        copy_history(Product, "updated", entries, actor=actor, import_id=import_id, now=timezone.now())


def derived(stored: Mapping[str, Any]) -> tuple[str, str, str]:
    """What ``Product.derive`` computes, from the columns; a test holds the two equal."""
    sku, name = stored["sku"], stored["name"]
    return name_key(sku), name_key(name), search_text(name, sku, stored["category"], stored["hsn_sac"])
