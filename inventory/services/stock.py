"""Stock comes, goes, is counted, reserved and given back: the API, sales and imports come through here.

Sales calls ``reserve``, ``release``, ``move_out`` and ``move_back`` within its own transactions, each once, after
its documents and lines are locked: they lock products by id. Products without stock are passed over.
"""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from inventory.models import StockMovement
from inventory.services.ledger import (
    LOCKED,
    NOTHING,
    ZERO,
    Move,
    Outcome,
    Reference,
    figures,
    refuse_shortages,
    setting,
    write_movements,
)
from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.tenancy import Actor

Quantities = Mapping[UUID, Decimal]
Type = StockMovement.Type
WANTED = """
    wanted AS (
        SELECT * FROM unnest(%(products)s::uuid[], %(quantities)s::numeric[]) AS w (product_id, quantity)
    )
"""
GRANT = setting("granted", reserved="granted.reserved + part", available="granted.available - part")
GIVE_BACK = setting("locked", reserved="locked.reserved - quantity", available="locked.available + quantity")
RESERVE = f"""
    WITH {WANTED}, {LOCKED}, granted AS (
        SELECT locked.*, quantity, least(quantity, available) AS part
        FROM locked JOIN wanted USING (product_id) WHERE track_stock
    ), changed AS (
        UPDATE product SET {GRANT}
        FROM granted
        WHERE product.id = product_id AND part > 0
              AND (NOT %(strict)s OR (SELECT bool_and(part = quantity) FROM granted))
    )
    SELECT product_id, on_hand, reserved, available, quantity, part FROM granted ORDER BY product_id
"""  # noqa: S608 - our own text alone
RELEASE = f"""
    WITH {WANTED}, {LOCKED}
    UPDATE product SET {GIVE_BACK}
    FROM locked JOIN wanted USING (product_id) WHERE product.id = product_id AND locked.track_stock
"""  # noqa: S608
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
    move = Move(product_id, quantity, unit_cost=unit_cost)
    outcome = write_movements(
        [move], type=Type.IN, actor=actor, reason=reason, reference=reference, date=date
    )
    return only_movement(outcome)


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
    outcome = write_movements(
        [move], type=Type.OUT, actor=actor, reason=reason, reference=reference, date=date
    )
    return only_movement(outcome)


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
    move = Move(product_id, delta, counted=new_quantity, unit_cost=unit_cost)
    outcome = write_movements(
        [move], type=Type.ADJUST, actor=actor, reason=reason, reference=reference, date=date
    )
    return only_movement(outcome)


def only_movement(outcome: Outcome) -> StockMovement:
    """The movement of the one product it was about. Raises Invalid where there is none."""
    for movement in outcome.movements.values():
        return movement
    if outcome.untracked:
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
) -> dict[UUID, StockMovement]:
    """Take quantities of several products for a document; ``from_reserved`` is what of them was reserved for it.

    All go, or none: raises InsufficientStock with the figures of every product there is not enough of.
    """
    own = from_reserved or {}
    moves = [Move(one, -n, from_reserved=own.get(one, ZERO)) for one, n in quantities.items() if n]
    outcome = write_movements(
        moves, type=Type.OUT, actor=actor, reason=reason, reference=reference, date=date
    )
    return outcome.movements


def move_back(
    reference: Reference, *, actor: Actor, reason: str = "return", date: datetime.date | None = None
) -> dict[UUID, StockMovement]:
    """Bring back all that went out for a document and is still out, at the value it went with.

    The caller holds the document's lock, so that nothing comes back twice.
    """
    with connection.cursor() as cursor:
        cursor.execute(STILL_OUT, [reference.id, reference.type])
        moves = [
            Move(product_id, quantity, unit_cost=unit_cost, value=value)
            for product_id, quantity, value, unit_cost in cursor.fetchall()
        ]
    outcome = write_movements(moves, type=Type.IN, actor=actor, reason=reason, reference=reference, date=date)
    return outcome.movements


def reserve(quantities: Quantities, *, strict: bool = False) -> dict[UUID, Decimal]:
    """Reserve of each product what is there of the quantity; returns how much that is, of those that have stock.

    ``strict``: all or nothing, raising InsufficientStock with the figures of every product there is not enough of.
    """
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, parameters(quantities) | {"strict": strict})
        rows = cursor.fetchall()
    if strict:
        refuse_shortages(figures(row[0], row[1], row[2], row[3], row[4]) for row in rows if row[5] < row[4])
    return {row[0]: row[5] for row in rows}


def release(quantities: Quantities) -> None:
    """Give back what was reserved. Raises IntegrityError for more than that."""
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, parameters(quantities))


def parameters(quantities: Quantities) -> dict[str, Any]:
    return {"products": list(quantities), "quantities": list(quantities.values())}
