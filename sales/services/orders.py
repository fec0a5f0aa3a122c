"""Orders confirmed and cancelled: the customer's credit, and stock kept for them."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.db.models import DecimalField, ExpressionWrapper, F, Sum

from inventory.services import stock
from nextgenerp.core.entitlements import entitlements
from nextgenerp.core.exceptions import Conflict, InUse
from sales.models import SalesOrder, SalesOrderLine
from sales.services.ledger import add_to

ZERO = Decimal(0)
# What is ordered and may still be invoiced.
COMMITTED = ("confirmed", "in_progress", "partially_delivered", "delivered", "completed")


class CreditLimitExceeded(Conflict):
    """With this order the customer would owe more than their limit."""

    code, title = "credit_limit_exceeded", "Credit limit exceeded"


def hold_to_credit_limit(order: SalesOrder) -> None:
    """Refuse an order beyond its customer's credit limit. The caller holds the customer.

    What counts is outstanding of invoices, on other confirmed orders and not invoiced, and on this one. Raises
    CreditLimitExceeded with the figures.
    """
    customer: Any = order.customer
    if customer.credit_limit is None:
        return
    committed = committed_of(customer.pk)
    if customer.outstanding + committed + order.payable > customer.credit_limit:
        raise CreditLimitExceeded(
            f"The credit limit is {customer.credit_limit}; {customer.outstanding} are outstanding, "
            f"{committed} ordered and not invoiced.",
            creditLimit=customer.credit_limit,
            outstanding=customer.outstanding,
            committed=committed,
            payable=order.payable,
        )


def committed_of(customer_id: UUID) -> Decimal:
    """What a customer has ordered and was not invoiced, in rupees. One query."""
    open_lines = SalesOrderLine.objects.filter(
        document__customer_id=customer_id,
        document__status__category__in=COMMITTED,
        quantity__gt=F("invoiced_quantity"),
    )
    rest = ExpressionWrapper(
        F("total") * (F("quantity") - F("invoiced_quantity")) / F("quantity"), output_field=DecimalField()
    )
    total: Decimal | None = open_lines.aggregate(total=Sum(rest))["total"]
    return (total or ZERO).quantize(Decimal("0.01"), ROUND_HALF_UP)


def plan_has_inventory() -> bool:
    return "inventory" not in entitlements().disabled_features


def by_product(lines: Iterable[Any], column: str) -> dict[UUID, Decimal]:
    """The sums of a column of lines by their products; lines without one and zeros are left out."""
    sums: dict[UUID, Decimal] = {}
    for line in lines:
        if line.product_id and getattr(line, column):
            sums[line.product_id] = sums.get(line.product_id, ZERO) + getattr(line, column)
    return sums


def reserve_stock(order: SalesOrder, *, strict: bool = False) -> None:
    """Reserve stock for an order's lines, as far as there is some; what is short is in ``order.shortages``.

    Locks the products by id. ``strict``: raises InsufficientStock instead.
    """
    lines = list(order.lines.all())
    wanted = by_product(lines, "quantity") if plan_has_inventory() else {}
    order.shortages = []  # type: ignore[attr-defined] # shown once, in the answer
    if not wanted:
        return
    reserved = stock.reserve(wanted, strict=strict)
    left, by_line = dict(reserved), {}
    for line in lines:
        product = line.product_id
        part = min(line.quantity, left.get(product, ZERO)) if product else ZERO
        if product and part:
            left[product] -= part
            by_line[line.pk] = line.reserved_quantity = part
    if by_line:
        add_to(SalesOrderLine, "reserved_quantity", by_line)
    order.shortages = [  # type: ignore[attr-defined]
        {
            "product_id": product,
            "requested": wanted[product],
            "reserved": quantity,
            "short": wanted[product] - quantity,
        }
        for product, quantity in reserved.items()
        if quantity < wanted[product]
    ]


def release_stock(order: SalesOrder) -> None:
    """Give back what is reserved for an order's lines. Locks the products by id."""
    lines = [line for line in order.lines.all() if line.reserved_quantity]
    if lines:
        stock.release(by_product(lines, "reserved_quantity"))
        add_to(SalesOrderLine, "reserved_quantity", {line.pk: -line.reserved_quantity for line in lines})
    for line in lines:
        line.reserved_quantity = ZERO


def refuse_live(order: SalesOrder) -> None:
    """Raises InUse for an order with deliveries or invoices that are not cancelled."""
    delivered = sum(1 for line in order.lines.all() if line.delivered_quantity)
    invoiced = sum(1 for line in order.lines.all() if line.invoiced_quantity)
    if delivered or invoiced:
        raise InUse(
            "The order has live deliveries or invoices: cancel them first.",
            delivered=delivered,
            invoiced=invoiced,
        )
