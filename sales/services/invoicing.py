"""Invoices made of orders, and the count of what is invoiced of their lines that finance keeps through here."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from crm.services.customers import lock_customer
from finance.models import Invoice
from finance.services.invoices import create_invoice
from finance.services.orders import Quantities, counted_by
from nextgenerp.core import history
from nextgenerp.core.exceptions import InvalidTransition
from nextgenerp.core.records import locked
from nextgenerp.core.tenancy import Actor
from sales import shares
from sales.models import SalesOrder, SalesOrderLine
from sales.services.conversion import COPIED, Wanted, amounts_between, line_values, takes_everything
from sales.services.conversion import parts_of as parts_among
from sales.services.ledger import QuantityExceedsRemaining, add_to

ZERO = Decimal(0)
INVOICEABLE = ("confirmed", "in_progress", "partially_delivered", "delivered", "completed")


def uninvoiced(line: SalesOrderLine) -> Decimal:
    """What of an ordered line is on no live invoice."""
    return line.quantity - line.invoiced_quantity


class InvoicedQuantities:
    """The ledger finance tells what is invoiced more or less of an order's lines."""

    def hold(self, order_id: UUID) -> None:
        SalesOrder.objects.select_for_update().only("id").get(pk=order_id)

    def count(self, order_id: UUID, changes: Quantities, *, actor: Actor) -> None:
        """Raises QuantityExceedsRemaining, with nothing changed. The caller holds the order."""
        lines = SalesOrderLine.objects.filter(document_id=order_id, pk__in=changes).in_bulk()
        short = [
            {
                "sourceLineId": pk,
                "requested": change,
                "remaining": uninvoiced(lines[pk]) if pk in lines else ZERO,
            }
            for pk, change in changes.items()
            if pk not in lines or change > uninvoiced(lines[pk])
        ]
        if short:
            raise QuantityExceedsRemaining(lines=short)
        add_to(SalesOrderLine, "invoiced_quantity", changes)


counted_by(InvoicedQuantities())


@transaction.atomic
def invoice_order(
    order_id: UUID, values: dict[str, Any], *, wanted: Wanted | None = None, actor: Actor
) -> Invoice:
    """Make an invoice of what is not invoiced of an order, or of the quantities ``wanted`` of its lines.

    Locks the customer, then the order. ``values`` are columns the invoice does not take over. Raises InvalidTransition,
    QuantityExceedsRemaining, Invalid, LimitReached.
    """
    customer_id = SalesOrder.objects.values_list("customer_id", flat=True).get(pk=order_id)
    customer = lock_customer(customer_id)
    related = SalesOrder.objects.select_related("status", "bank_account")
    order: SalesOrder = locked(related.filter(pk=order_id))
    refuse_state(order)
    lines = list(order.lines.all())
    parts = parts_among(lines, wanted, uninvoiced)
    given = given_before(order, lines, parts)
    invoice = create_invoice(
        {
            "customer": customer,
            "sales_order_id": order.pk,
            "proforma_invoice_id": order.proforma_invoice_id,
            **{name: getattr(order, name) for name in COPIED},
            **amounts_between(order, lines, parts, given, takes_everything(lines, parts, uninvoiced)),
            **values,
        },
        [line_values(part, given) for part in parts],
        actor=actor,
    )
    history.record(order, "invoiced", actor=actor, changes={"invoice": [None, invoice.number]})
    return invoice


def refuse_state(order: SalesOrder) -> None:
    """Raises InvalidTransition for a draft or a cancelled order."""
    category = order.status.category
    if category not in INVOICEABLE:
        raise InvalidTransition.between(
            f"An order that is {category} is not invoiced.", category, "invoiced", INVOICEABLE
        )


def given_before(order: SalesOrder, lines: list[SalesOrderLine], parts: list[shares.Part]) -> shares.Given:
    """What live invoices of the order have of its amounts already; asked only where it matters."""
    if shares.is_whole(lines, parts):
        return shares.Given()
    invoices = Invoice.objects.filter(sales_order_id=order.pk).exclude(status=Invoice.Status.CANCELLED)
    found = list(invoices.prefetch_related("lines"))
    return shares.given_by(found, [line for one in found for line in one.lines.all() if line.source_line_id])
