"""The statement that moves stock: it values what comes and goes, and writes products and their ledgers.

All it needs of a product it reads from the very row it changes: under READ COMMITTED, where others were waited for,
PostgreSQL computes it anew from the row as they have left it. So one movement of one product is one round trip without
a transaction of its own, and others wait as short as can be. Several products are locked before, by id.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from inventory.models import StockMovement
from nextgenerp.core.exceptions import Conflict, Invalid
from nextgenerp.core.tenancy import Actor, connection, tenant_today
from nextgenerp.database.ids import new_id

ZERO = Decimal(0)
LOCK = """
    SELECT id, track_stock, on_hand, reserved, available FROM product
    WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""
# Of a product p as it was, and of what is wanted of it, w. Quotients are rounded half up by whole numbers (div): a
# quotient of numeric is rounded before it can be. So the last unit takes exactly the value that is left.
COST = """
    coalesce(
        w.unit_cost, CASE WHEN p.on_hand > 0 OR p.average_cost > 0 THEN p.average_cost ELSE p.purchase_price END
    )
"""
LEFT = "(p.on_hand + w.quantity)"
VALUE = f"""
    CASE WHEN w.value IS NOT NULL THEN w.value
         WHEN w.quantity >= 0 THEN round(w.quantity * {COST}, 2)
         ELSE -0.01 * div(p.stock_value * -w.quantity * 200 + p.on_hand, 2 * nullif(p.on_hand, 0)) END
"""
WORTH = f"(p.stock_value + {VALUE})"
FIELDS = [field.attname for field in StockMovement._meta.concrete_fields]
# What is set is never of w alone: the planner would compute that in advance, and fail where it fits no column.
WRITE = f"""
    WITH moved AS (
        UPDATE product p
        SET on_hand = {LEFT}, reserved = p.reserved - w.from_reserved,
            available = {LEFT} - (p.reserved - w.from_reserved), stock_value = {WORTH},
            average_cost = CASE WHEN {LEFT} = 0 THEN p.average_cost
                                ELSE 0.0001 * div({WORTH} * 20000 + {LEFT}, 2 * {LEFT}) END,
            last_seq = p.last_seq + 1, last_value = {WORTH} - p.stock_value,
            last_cost = CASE WHEN w.quantity > 0 THEN {COST} ELSE p.average_cost END
        FROM {{wanted}} AS w (product_id, quantity, unit_cost, value, from_reserved, id)
        WHERE p.id = w.product_id AND p.track_stock AND {LEFT} >= p.reserved - w.from_reserved
              AND {LEFT} < 1e12 AND {WORTH} < 1e13
        RETURNING p.*, w.id AS movement_id, w.quantity
    )
    INSERT INTO stock_movement (
        id, product_id, seq, type, quantity, unit_cost, value, balance_after, value_after, average_cost_after,
        reason, reference_type, reference_id, reference_number, date, created_by_id, created_at
    )
    SELECT movement_id, id, last_seq, %(type)s, quantity, last_cost, last_value, on_hand, stock_value, average_cost,
           %(reason)s, %(reference_type)s, %(reference_id)s::uuid, %(reference_number)s, %(date)s::date,
           %(created_by_id)s::uuid, %(created_at)s::timestamptz
    FROM moved
    RETURNING {", ".join(FIELDS)}
"""  # noqa: S608 - our own text alone
ONE = """(SELECT
    %(product_id)s::uuid, %(quantity)s::numeric, %(unit_cost)s::numeric, %(value)s::numeric,
    %(from_reserved)s::numeric, %(id)s::uuid
)"""
MANY = ONE.replace("(SELECT", "unnest(").replace("::uuid", "::uuid[]").replace("::numeric", "::numeric[]")
WRITE_ONE, WRITE_MANY = WRITE.format(wanted=ONE), WRITE.format(wanted=MANY)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a movement is about: a document by its type, id and number, or what somebody wrote."""

    type: str = ""
    id: UUID | None = None
    number: str = ""


NOTHING = Reference()


class Move(NamedTuple):
    """What is to be moved of a product, a signed ``quantity``.

    ``unit_cost`` is what a unit that comes in has cost; by default the average, before there is one the purchase
    price. ``value`` is given for what comes back. ``from_reserved`` is how much of what goes was reserved for it.
    """

    product_id: UUID
    quantity: Decimal
    unit_cost: Decimal | None = None
    value: Decimal | None = None
    from_reserved: Decimal = ZERO


class Held(NamedTuple):
    """The stock of a product that is locked."""

    id: UUID
    track_stock: bool
    on_hand: Decimal
    reserved: Decimal
    available: Decimal

    def figures(self, requested: Decimal) -> dict[str, Any]:
        """What a refusal says of it."""
        return {
            "productId": self.id, "onHand": self.on_hand, "reserved": self.reserved, "available": self.available,
            "requested": requested,
        }  # fmt: skip


class InsufficientStock(Conflict):
    """More was to go than is there and not reserved; ``shortages`` has the figures of every product it is true of."""

    code, title = "insufficient_stock", "Insufficient stock"

    def __init__(self, shortages: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("There is not enough stock.", **shortages[0], shortages=list(shortages))


Movements = dict[UUID, StockMovement]


def write_movements(
    moves: Sequence[Move],
    *,
    type: StockMovement.Type,
    actor: Actor,
    reason: str = "",
    reference: Reference = NOTHING,
    date: datetime.date | None = None,
) -> Movements:
    """Move stock of some products, each once; those without stock and unknown ones are passed over.

    Locks the products, by id. Raises InsufficientStock, or Invalid for what no column holds, with nothing moved.
    """
    same: dict[str, Any] = {
        "type": type.value, "reason": reason, "reference_type": reference.type, "reference_id": reference.id,
        "reference_number": reference.number, "date": date or tenant_today(), "created_by_id": actor.seat_id,
        "created_at": timezone.now(),
    }  # fmt: skip
    if len(moves) == 1 and (moved := write(moves, same)):
        return moved
    return write_locked(moves, same) if moves else {}


def write(moves: Sequence[Move], same: Mapping[str, Any]) -> Movements:
    """Write the movements that are possible; several products are locked already."""
    if len(moves) == 1:
        statement, cursor = WRITE_ONE, connection.prepared_cursor()
        wanted = moves[0]._asdict() | {"id": new_id()}
    else:
        statement, cursor = WRITE_MANY, connection.cursor()
        wanted = dict(zip(Move._fields, map(list, zip(*moves, strict=True)), strict=True))
        wanted["id"] = [new_id() for _ in moves]
    with cursor:
        cursor.execute(statement, {**wanted, **same})
        written = [StockMovement.from_db(connection.alias, FIELDS, row) for row in cursor.fetchall()]
    return {movement.product_id: movement for movement in written}


@transaction.atomic
def write_locked(moves: Sequence[Move], same: Mapping[str, Any]) -> Movements:
    """Write all movements of products that have stock, or say why not, by figures that nobody changes meanwhile."""
    wanted = {move.product_id: move for move in moves}
    held = [(stock, wanted[stock.id]) for stock in lock_products(wanted) if stock.track_stock]
    refuse_shortages(
        stock.figures(-move.quantity)
        for stock, move in held
        if stock.available + move.from_reserved + move.quantity < 0
    )
    moved = write([move for _, move in held], same) if held else {}
    if len(moved) < len(held):
        raise Invalid.field("quantity", "max_value", "This is more stock, or worth more, than can be kept.")
    return moved


def lock_products(ids: Iterable[UUID]) -> list[Held]:
    """Lock products until the transaction ends, in the order of their ids; unknown ones are passed over."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(ids)])
        return [Held._make(row) for row in cursor.fetchall()]


def refuse_shortages(shortages: Iterable[Mapping[str, Any]]) -> None:
    """Raises InsufficientStock where there is any."""
    found = list(shortages)
    if found:
        raise InsufficientStock(found)
