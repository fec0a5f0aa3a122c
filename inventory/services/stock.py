"""Stock comes, goes, is counted, reserved and given back: the API, sales and imports come through here.

Sales calls ``reserve``, ``release``, ``move_out`` and ``move_back`` within its own transactions, each once, after
its documents and lines are locked: they lock products by id. Products without stock are passed over.
"""

import datetime
from collections.abc import Mapping
from contextlib import nullcontext
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction

from inventory.models import Product, StockMovement
from inventory.services.ledger import (
    NOTHING,
    ZERO,
    Move,
    Movements,
    Reference,
    lock_products,
    refuse_shortages,
    write_movements,
)
from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.tenancy import Actor

Quantities = Mapping[UUID, Decimal]
Type = StockMovement.Type
RESERVE = """
    UPDATE product p SET reserved = p.reserved + w.quantity, available = p.available - w.quantity
    FROM unnest(%s::uuid[], %s::numeric[]) AS w (product_id, quantity) WHERE p.id = w.product_id AND p.track_stock
"""
STILL_OUT = """
    SELECT product_id, -sum(quantity), -sum(value), max(unit_cost) FROM stock_movement
    WHERE reference_id = %s AND reference_type = %s
    GROUP BY product_id HAVING sum(quantity) < 0
"""


def stock_in(
    product_id: UUID,
    quantity: Decimal,
    *,
    actor: Actor,
    unit_cost: Decimal | None = None,
    reason: str = "",
    reference: Reference = NOTHING,
    date: datetime.date | None = None,
) -> StockMovement:
    """Add stock at what a unit of it has cost: by default the average cost, before there is one the purchase price.

    Raises Invalid for a product that is not there or has no stock.
    """
    move = Move(product_id, quantity, unit_cost)
    moved = write_movements([move], type=Type.IN, actor=actor, reason=reason, reference=reference, date=date)
    return only_movement(product_id, moved)


def stock_out(
    product_id: UUID,
    quantity: Decimal,
    *,
    actor: Actor,
    reason: str,
    reference: Reference = NOTHING,
    date: datetime.date | None = None,
) -> StockMovement:
    """Take stock that nobody has reserved, at the average cost. Raises Invalid, InsufficientStock."""
    move = Move(product_id, -quantity)
    moved = write_movements([move], type=Type.OUT, actor=actor, reason=reason, reference=reference, date=date)
    return only_movement(product_id, moved)


def adjust_stock(
    product_id: UUID,
    *,
    actor: Actor,
    reason: str,
    new_quantity: Decimal | None = None,
    delta: Decimal | None = None,
    unit_cost: Decimal | None = None,
    reference: Reference = NOTHING,
    date: datetime.date | None = None,
) -> StockMovement:
    """Set the stock right, to what was counted or by a difference; a count that finds no difference is a movement too.

    What is found costs ``unit_cost``, by default as in ``stock_in``; what is missing the average. Raises Invalid, and
    InsufficientStock where less would be left than is reserved.
    """
    with nullcontext() if new_quantity is None else transaction.atomic():
        if new_quantity is not None:
            delta = new_quantity - sum(stock.on_hand for stock in lock_products([product_id]))
        move = Move(product_id, delta or ZERO, unit_cost)
        moved = write_movements(
            [move], type=Type.ADJUST, actor=actor, reason=reason, reference=reference, date=date
        )
        return only_movement(product_id, moved)


def only_movement(product_id: UUID, moved: Movements) -> StockMovement:
    """The movement of the one product it was about. Raises Invalid where there is none."""
    if moved:
        return moved[product_id]
    if Product.objects.filter(pk=product_id).exists():
        raise Invalid.field("productId", "not_tracked", "The stock of this product is not tracked.")
    raise Invalid.field("productId", "does_not_exist", "There is no such record.")


def move_out(
    quantities: Quantities,
    *,
    actor: Actor,
    reason: str,
    reference: Reference,
    from_reserved: Quantities | None = None,
    date: datetime.date | None = None,
) -> Movements:
    """Take quantities of several products for a document; ``from_reserved`` is what of them was reserved for it.

    All go, or none: raises InsufficientStock with the figures of every product there is not enough of.
    """
    own = from_reserved or {}
    moves = [Move(one, -n, from_reserved=own.get(one, ZERO)) for one, n in quantities.items() if n]
    return write_movements(moves, type=Type.OUT, actor=actor, reason=reason, reference=reference, date=date)


def move_back(
    reference: Reference, *, actor: Actor, reason: str = "return", date: datetime.date | None = None
) -> Movements:
    """Bring back all that went out for a document and is still out, at the value it went with.

    The caller holds the document's lock, so that nothing comes back twice.
    """
    with connection.cursor() as cursor:
        cursor.execute(STILL_OUT, [reference.id, reference.type])
        moves = [
            Move(product_id, quantity, unit_cost=unit_cost, value=value)
            for product_id, quantity, value, unit_cost in cursor.fetchall()
        ]
    return write_movements(moves, type=Type.IN, actor=actor, reason=reason, reference=reference, date=date)


@transaction.atomic
def reserve(quantities: Quantities, *, strict: bool = False) -> dict[UUID, Decimal]:
    """Reserve of each product what is there of the quantity; returns how much that is, of those that have stock.

    ``strict``: all or nothing, raising InsufficientStock with the figures of every product there is not enough of.
    """
    held = [stock for stock in lock_products(quantities) if stock.track_stock]
    if strict:
        short = (stock for stock in held if stock.available < quantities[stock.id])
        refuse_shortages(stock.figures(quantities[stock.id]) for stock in short)
    parts = {stock.id: min(stock.available, quantities[stock.id]) for stock in held}
    change_reserved({product_id: part for product_id, part in parts.items() if part})
    return parts


@transaction.atomic
def release(quantities: Quantities) -> None:
    """Give back what was reserved. Raises IntegrityError for more than that."""
    lock_products(quantities)
    change_reserved({product_id: -quantity for product_id, quantity in quantities.items()})


def change_reserved(changes: Quantities) -> None:
    """Reserve so much more of products that are locked."""
    if changes:
        with connection.cursor() as cursor:
            cursor.execute(RESERVE, [list(changes), list(changes.values())])
