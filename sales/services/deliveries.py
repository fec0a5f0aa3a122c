"""Deliveries of orders and their cancellations: quantities, stock and the order's status move together.

The caller holds the order; products are locked by id after it.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from inventory.services import stock
from inventory.services.ledger import Reference
from nextgenerp.core import history
from nextgenerp.core.exceptions import Conflict, Invalid, InvalidTransition
from nextgenerp.core.tenancy import Actor, tenant_today
from sales.kinds import SALES_ORDER
from sales.models import Delivery, DeliveryLine, SalesOrder, SalesOrderLine
from sales.services.ledger import QuantityExceedsRemaining, add_to
from sales.services.orders import plan_has_inventory
from sales.services.statuses import put_in

ZERO = Decimal(0)
DELIVERABLE = ("confirmed", "in_progress", "partially_delivered")
REFERENCE = "delivery"
Wanted = Sequence[tuple[UUID, Decimal]]


@transaction.atomic
def record_delivery(order: SalesOrder, wanted: Wanted, values: dict[str, Any], *, actor: Actor) -> Delivery:
    """Deliver quantities of an order's lines: stock goes out, and the order's status follows.

    ``wanted`` are ids of lines with quantities, ``values`` further columns. Raises InvalidTransition, Invalid for lines
    that are not the order's, QuantityExceedsRemaining, InsufficientStock.
    """
    refuse_state(order)
    lines = {line.pk: line for line in order.lines.all()}
    refuse_unknown(lines, wanted)
    refuse_beyond(lines, wanted)
    delivery = Delivery(**{"date": tenant_today(), **values}, order=order, created_by_id=actor.seat_id)
    parts = [
        DeliveryLine(
            delivery=delivery, order_line=lines[pk], quantity=quantity,
            reserved_quantity=min(quantity, lines[pk].reserved_quantity),
        )
        for pk, quantity in wanted
    ]  # fmt: skip
    take_stock(order, delivery, parts, actor=actor)
    delivery.save(force_insert=True)
    DeliveryLine.objects.bulk_create(parts)
    count_delivered(order, parts, 1, "delivered", delivery, actor=actor)
    return delivery


@transaction.atomic
def cancel_delivery(order: SalesOrder, delivery: Delivery, *, reason: str = "", actor: Actor) -> Delivery:
    """Take a delivery back: its stock returns, reserved again as it was, and the order's status follows.

    Raises Conflict for one that is cancelled or whose order is completed.
    """
    if delivery.cancelled_at is not None:
        raise Conflict("This delivery is cancelled already.", code="already_cancelled")
    if order.status.category not in {"partially_delivered", "delivered"}:
        raise Conflict(f"The order is {order.status.category}: its deliveries stay.")
    parts = list(delivery.lines.select_related("order_line").order_by("order_line__position"))
    delivery.cancelled_at, delivery.cancel_reason = timezone.now(), reason
    delivery.version += 1
    delivery.save(update_fields=["cancelled_at", "cancel_reason", "version", "updated_at"])
    bring_back(order, delivery, parts, actor=actor)
    count_delivered(order, parts, -1, "delivery_cancelled", delivery, actor=actor)
    return delivery


def refuse_state(order: SalesOrder) -> None:
    """Raises InvalidTransition for an order that is not to be delivered now."""
    category = order.status.category
    if category not in DELIVERABLE:
        raise InvalidTransition.between(
            f"An order that is {category} is not delivered; it must be: {', '.join(DELIVERABLE)}.",
            category, "partially_delivered", SALES_ORDER.by_hand.get(category, ()),
        )  # fmt: skip


def refuse_unknown(lines: dict[UUID, SalesOrderLine], wanted: Wanted) -> None:
    """Raises Invalid for lines that are not the order's, or come twice."""
    seen: set[UUID] = set()
    errors = []
    for index, (pk, _) in enumerate(wanted):
        if pk not in lines:
            detail = "The order has no such line."
            errors.append({"field": f"lines.{index}.lineId", "code": "does_not_exist", "detail": detail})
        elif pk in seen:
            errors.append(
                {"field": f"lines.{index}.lineId", "code": "duplicate", "detail": "This line comes twice."}
            )
        seen.add(pk)
    if errors:
        raise Invalid("Some lines are not valid.", errors=errors)


def refuse_beyond(lines: dict[UUID, SalesOrderLine], wanted: Wanted) -> None:
    short = [
        {"lineId": pk, "requested": quantity, "remaining": lines[pk].remaining_quantity}
        for pk, quantity in wanted
        if quantity > lines[pk].remaining_quantity
    ]
    if short:
        raise QuantityExceedsRemaining(lines=short)


def by_product(parts: Iterable[DeliveryLine], column: str) -> dict[UUID, Decimal]:
    """The sums of a column of a delivery's lines by product."""
    sums: dict[UUID, Decimal] = {}
    for part in parts:
        product, quantity = part.order_line.product_id, getattr(part, column)
        if product and quantity:
            sums[product] = sums.get(product, ZERO) + quantity
    return sums


def take_stock(order: SalesOrder, delivery: Delivery, parts: Sequence[DeliveryLine], *, actor: Actor) -> None:
    """Let the stock go out, what was reserved for the order first. Locks the products. Raises InsufficientStock."""
    reserved = by_product(parts, "reserved_quantity")
    if plan_has_inventory():
        stock.move_out(
            by_product(parts, "quantity"),
            actor=actor,
            reason="sale",
            reference=Reference(REFERENCE, delivery.pk, order.number),
            from_reserved=reserved,
            date=delivery.date,
        )
    elif reserved:
        stock.release(reserved)


def bring_back(order: SalesOrder, delivery: Delivery, parts: Sequence[DeliveryLine], *, actor: Actor) -> None:
    """Let what went out come back, and reserve again what had been. Locks the products."""
    stock.move_back(Reference(REFERENCE, delivery.pk, order.number), actor=actor)
    reserved = by_product(parts, "reserved_quantity")
    if reserved and plan_has_inventory():
        stock.reserve(reserved, strict=True)
    else:
        for part in parts:
            part.reserved_quantity = ZERO


def count_delivered(
    order: SalesOrder,
    parts: Sequence[DeliveryLine],
    sign: int,
    action: str,
    delivery: Delivery,
    *,
    actor: Actor,
) -> None:
    """Count a delivery's quantities on the order's lines (``sign`` -1: no longer), with version, history and status."""
    lines = {line.pk: line for line in order.lines.all()}
    changes: dict[str, list[Any]] = {"delivery": [None, delivery.pk] if sign > 0 else [delivery.pk, None]}
    for part in parts:
        line = lines[part.order_line_id]
        before = line.delivered_quantity
        line.delivered_quantity += sign * part.quantity
        line.reserved_quantity -= sign * part.reserved_quantity
        changes[f"lines.{line.position}.delivered_quantity"] = [before, line.delivered_quantity]
    reserved = {part.order_line_id: -sign * part.reserved_quantity for part in parts}
    delivered = {part.order_line_id: sign * part.quantity for part in parts}
    steps = [("reserved_quantity", reserved), ("delivered_quantity", delivered)]
    for column, quantities in steps[
        ::sign
    ]:  # what becomes less comes first: both together are never too much
        add_to(SalesOrderLine, column, quantities)
    if delivery.cancel_reason:
        changes["reason"] = [None, delivery.cancel_reason]
    order.version += 1
    order.save(update_fields=["version", "updated_at"])
    history.record(order, action, actor=actor, changes=changes)
    put_in(SALES_ORDER, order, category_of(lines.values()), actor=actor)


def category_of(lines: Iterable[SalesOrderLine]) -> str:
    """What an order is by the quantities delivered of its lines."""
    known = list(lines)
    if not any(line.delivered_quantity for line in known):
        return "in_progress"
    return "partially_delivered" if any(line.remaining_quantity for line in known) else "delivered"
