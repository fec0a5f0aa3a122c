"""The one statement that moves stock: it locks products by id, values what comes and goes, and writes all or nothing.

One statement is one round trip, so that other movements of a product wait as short as can be; and it needs no
transaction of its own. Under READ COMMITTED a row that was waited for is read as it is by then.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from inventory.models import StockMovement
from nextgenerp.core.exceptions import Conflict, Invalid
from nextgenerp.core.tenancy import Actor, tenant_today
from nextgenerp.database.ids import new_id

ZERO = Decimal(0)
# The columns that stand in constraints with the figures of stock.
HELD = ("type", "track_stock", "on_hand", "reserved", "available", "stock_value", "average_cost")
LOCKED = f"""
    locked AS (
        SELECT id AS product_id, {", ".join(HELD)}, purchase_price, last_seq
        FROM product WHERE id = ANY(%(products)s::uuid[]) ORDER BY id FOR NO KEY UPDATE
    )
"""  # noqa: S608 - our own text alone


def setting(source: str, **changed: str) -> str:
    """What an UPDATE sets of a product that ``source`` has locked in the same statement.

    PostgreSQL checks constraints on the row as the statement first saw it, before it turns to the one that others have
    written meanwhile; so every column of such a constraint is set from the locked row, the changed ones and the others.
    """
    return ", ".join(
        f"{name} = {changed.get(name, f'{source}.{name}')}" for name in {**dict.fromkeys(HELD), **changed}
    )


# Quotients are rounded half up by whole numbers (div): a quotient of numeric is rounded before it can be.
SET = setting(
    "moved", on_hand="balance", reserved="kept", available="balance - kept", stock_value="value_after",
    average_cost="average_after", last_seq="seq",
)  # fmt: skip
WRITE = f"""
    WITH wanted AS (
        SELECT * FROM unnest(
            %(products)s::uuid[], %(ids)s::uuid[], %(quantities)s::numeric[], %(counted)s::numeric[],
            %(costs)s::numeric[], %(values)s::numeric[], %(from_reserved)s::numeric[]
        ) AS w (product_id, id, quantity, counted, unit_cost, value, from_reserved)
    ), {LOCKED}, asked AS (
        SELECT l.*, w.id, coalesce(w.quantity, w.counted - l.on_hand) AS quantity, w.value AS given,
               reserved - w.from_reserved AS kept,
               CASE WHEN w.unit_cost IS NOT NULL THEN w.unit_cost
                    WHEN on_hand > 0 OR average_cost > 0 THEN average_cost
                    ELSE purchase_price END AS unit_cost
        FROM locked l JOIN wanted w USING (product_id)
    ), figured AS (
        SELECT *, on_hand + quantity AS balance, on_hand + quantity >= kept AS possible,
               CASE WHEN given IS NOT NULL THEN given
                    WHEN quantity >= 0 THEN round(quantity * unit_cost, 2)
                    WHEN on_hand + quantity = 0 THEN -stock_value
                    ELSE -0.01 * div(stock_value * -quantity * 200 + on_hand, 2 * nullif(on_hand, 0)) END AS value
        FROM asked WHERE track_stock
    ), judged AS (
        SELECT *, on_hand + quantity < 1e12 AND stock_value + value < 1e13 AS fits FROM figured
    ), moved AS (
        SELECT product_id, type, track_stock, id, last_seq + 1 AS seq, quantity, value, balance, kept,
               stock_value + value AS value_after,
               CASE WHEN quantity > 0 THEN unit_cost ELSE average_cost END AS unit_cost,
               CASE WHEN balance = 0 THEN average_cost
                    ELSE 0.0001 * div((stock_value + value) * 20000 + balance, 2 * balance) END AS average_after
        FROM judged WHERE (SELECT bool_and(possible AND fits) FROM judged)
    ), changed AS (
        UPDATE product SET {SET}
        FROM moved WHERE product.id = moved.product_id
    ), added AS (
        INSERT INTO stock_movement (
            id, product_id, seq, type, quantity, unit_cost, value, balance_after, value_after, average_cost_after,
            reason, reference_type, reference_id, reference_number, date, created_by_id, created_at
        )
        SELECT id, product_id, seq, %(type)s, quantity, unit_cost, value, balance, value_after, average_after,
               %(reason)s, %(reference_type)s, %(reference_id)s, %(reference_number)s, %(date)s::date,
               %(created_by_id)s::uuid, %(created_at)s
        FROM moved
    )
    SELECT product_id, locked.track_stock, on_hand, reserved, available, judged.quantity, possible, fits,
           moved.id, moved.seq, moved.unit_cost::numeric(20, 4), moved.value::numeric(15, 2), balance::numeric(15, 3),
           value_after::numeric(15, 2), average_after::numeric(20, 4)
    FROM locked LEFT JOIN (SELECT product_id, quantity, possible, fits FROM judged) AS judged USING (product_id)
        LEFT JOIN moved USING (product_id)
    ORDER BY product_id
"""  # noqa: S608 - our own text alone


@dataclass(frozen=True, slots=True)
class Reference:
    """What a movement is about: a document by its type, id and number, or what somebody wrote."""

    type: str = ""
    id: UUID | None = None
    number: str = ""


NOTHING = Reference()


class Move(NamedTuple):
    """What is to be moved of a product: a signed ``quantity``, or whatever leads to ``counted``.

    ``unit_cost`` is what a unit that comes in has cost; by default the average, before there is one the purchase
    price. ``value`` is given for what comes back. ``from_reserved`` is how much of what goes was reserved for it.
    """

    product_id: UUID
    quantity: Decimal | None
    counted: Decimal | None = None
    unit_cost: Decimal | None = None
    value: Decimal | None = None
    from_reserved: Decimal = ZERO


class InsufficientStock(Conflict):
    """More was to go than is there and not reserved; ``shortages`` has the figures of every product it is true of."""

    code, title = "insufficient_stock", "Insufficient stock"

    def __init__(self, shortages: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("There is not enough stock.", **shortages[0], shortages=list(shortages))


class Outcome(NamedTuple):
    """The movements by product, and the products that were found but have no stock."""

    movements: dict[UUID, StockMovement]
    untracked: set[UUID]


def write_movements(
    moves: Sequence[Move],
    *,
    type: StockMovement.Type,
    actor: Actor,
    reason: str = "",
    reference: Reference = NOTHING,
    date: datetime.date | None = None,
) -> Outcome:
    """Move stock of some products, each once; those without stock and unknown ones are passed over.

    Locks the products, by id. Raises InsufficientStock, or Invalid for what no column holds, with nothing moved.
    """
    if not moves:
        return Outcome({}, set())
    same: dict[str, Any] = {
        "type": type.value, "reason": reason, "reference_type": reference.type, "reference_id": reference.id,
        "reference_number": reference.number, "date": date or tenant_today(), "created_by_id": actor.seat_id,
        "created_at": timezone.now(),
    }  # fmt: skip
    columns = [list(column) for column in zip(*moves, strict=True)]
    names = ("products", "quantities", "counted", "costs", "values", "from_reserved")
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE, dict(zip(names, columns, strict=True)) | {"ids": [new_id() for _ in moves]} | same
        )
        rows = cursor.fetchall()
    refuse_shortages(figures(row[0], row[2], row[3], row[4], -row[5]) for row in rows if row[6] is False)
    if any(row[7] is False for row in rows):
        raise Invalid.field("quantity", "max_value", "This is more stock, or worth more, than can be kept.")
    return Outcome(
        {row[0]: written(row, same) for row in rows if row[6]}, {row[0] for row in rows if not row[1]}
    )


def written(row: Sequence[Any], same: Mapping[str, Any]) -> StockMovement:
    """A movement as it was stored."""
    product_id, quantity = row[0], row[5]
    identifier, seq, unit_cost, value, balance, value_after, average_after = row[8:]
    movement = StockMovement(
        id=identifier, product_id=product_id, seq=seq, quantity=quantity, unit_cost=unit_cost, value=value,
        balance_after=balance, value_after=value_after, average_cost_after=average_after, **same,
    )  # fmt: skip
    movement._state.adding = False
    return movement


def figures(
    product_id: UUID, on_hand: Decimal, reserved: Decimal, available: Decimal, requested: Decimal
) -> dict[str, Any]:
    """What a refusal says of a product."""
    return {
        "productId": product_id, "onHand": on_hand, "reserved": reserved, "available": available,
        "requested": requested,
    }  # fmt: skip


def refuse_shortages(shortages: Iterable[Mapping[str, Any]]) -> None:
    """Raises InsufficientStock where there is any."""
    found = list(shortages)
    if found:
        raise InsufficientStock(found)
