"""Invoices made, changed and deleted while they are drafts; issued ones keep their figures for good."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from crm.services.customers import lock_customer
from finance.kinds import INVOICE
from finance.models import Invoice
from finance.services import orders
from nextgenerp.core import entitlements
from nextgenerp.core.documents import services as documents
from nextgenerp.core.documents.lines import merged, state_of
from nextgenerp.core.exceptions import Conflict, Invalid
from nextgenerp.core.tenancy import Actor, tenant_today

LIMIT = "invoices"
# What of an issued invoice may still change: nothing of its figures, nothing that is printed of others.
OPEN_WHEN_ISSUED = {"notes", "reference_no", "owner_id", "due_date"}
Lines = Sequence[dict[str, Any]]


@transaction.atomic
def create_invoice(values: dict[str, Any], lines: Lines, *, actor: Actor) -> Invoice:
    """Store a new draft with its lines, and return it.

    ``values`` and ``lines`` as for ``documents.create_document``; today's and due after the customer's credit days
    unless given. An invoice of an order has ``sales_order_id``, its lines ``source_line_id``, and the caller holds the
    order; ``proforma_invoice_id`` is the one the order was made of, whose money settles the invoice once it is issued.
    Raises Invalid, LimitReached, Conflict ``series_exhausted``.
    """
    today = tenant_today()
    month = f"{today:%Y-%m}"
    values = {"date": today, **values, "counted_in": month}
    if "due_date" not in values:
        values["due_date"] = values["date"] + timedelta(days=values["customer"].credit_days)
    check_dates(values["date"], values["due_date"])
    orders.count_invoiced(values.get("sales_order_id"), orders.invoiced_with(lines), actor=actor)
    kind = replace(INVOICE, claim=partial(entitlements.claim, LIMIT, period=month))
    return documents.create_document(kind, values, lines, actor=actor)


@transaction.atomic
def update_invoice(
    invoice: Invoice, values: dict[str, Any], lines: Lines | None = None, *, actor: Actor
) -> Invoice:
    """Store what differs: anything of a draft, of an issued or cancelled one what is not money.

    The caller holds what ``hold`` takes and the invoice. Raises Conflict ``locked``, Invalid, and what
    ``documents.update_document`` and the order's ledger raise.
    """
    if invoice.status != Invoice.Status.DRAFT:
        refuse_locked(invoice, values, lines)
        values, lines = {name: value for name, value in values.items() if name in OPEN_WHEN_ISSUED}, None
    check_dates(values.get("date", invoice.date), values.get("due_date", invoice.due_date))
    if invoice.sales_order_id and lines is not None:  # before the draft may take a new number
        there = list(invoice.lines.all())
        change = orders.difference(orders.invoiced_by(there), orders.still_invoiced(there, lines))
        orders.count_invoiced(invoice.sales_order_id, change, actor=actor)
    return documents.update_document(INVOICE, invoice, values, lines, actor=actor)


@transaction.atomic
def delete_invoice(invoice: Invoice, *, actor: Actor) -> None:
    """Delete a draft; its number stays in the register as void, its place in the month's limit is free again.

    The caller holds what ``hold`` takes and the invoice. Raises Conflict ``locked``.
    """
    if invoice.status != Invoice.Status.DRAFT:
        raise Conflict(f"{invoice.number} was issued: it can be cancelled, not deleted.", code="locked")
    give_back(invoice, actor=actor)
    documents.delete_draft(INVOICE, invoice, actor=actor)
    entitlements.release(LIMIT, period=invoice.counted_in)


def hold(invoice: Invoice) -> None:
    """Take the locks that come before an invoice's own: its customer's, then its order's."""
    lock_customer(invoice.customer_id)
    orders.hold_order(invoice.sales_order_id)


def give_back(invoice: Invoice, *, actor: Actor) -> None:
    """Count an invoice's quantities as not invoiced again."""
    taken = orders.invoiced_by(invoice.lines.all()) if invoice.sales_order_id else {}
    orders.count_invoiced(
        invoice.sales_order_id, {line: -quantity for line, quantity in taken.items()}, actor=actor
    )


def check_dates(day: date, due: date | None) -> None:
    """No invoice is of a day to come, none is due before its day. Raises Invalid."""
    if day > tenant_today():
        raise Invalid.field("date", "in_future", "An invoice is dated today at the latest.")
    if due is not None and due < day:
        raise Invalid.field("dueDate", "min_value", "An invoice is due on its date at the earliest.")


def refuse_locked(invoice: Invoice, values: dict[str, Any], lines: Lines | None) -> None:
    """Raise Conflict ``locked`` where values or lines would change what an issued invoice keeps."""
    closed = {name: value for name, value in values.items() if name not in OPEN_WHEN_ISSUED}
    differs = bool(documents.changed(invoice, documents.as_stored(closed)))
    if lines is not None and not differs:
        there = list(invoice.lines.all())
        before = state_of(there)
        differs = state_of(merged(INVOICE, invoice, there, lines)) != before
    if differs:
        raise Conflict(f"{invoice.number} is {invoice.status}: its figures are locked.", code="locked")
