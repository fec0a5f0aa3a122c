"""Invoices issued and cancelled, and what follows for their customer, their order and the money they had."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Sum

from crm.services.customers import change_outstanding
from finance.kinds import INVOICE
from finance.models import Invoice, Receipt
from finance.services import allocations
from finance.services.invoices import check_dates, give_back
from nextgenerp.core import history
from nextgenerp.core.documents import services as documents
from nextgenerp.core.exceptions import InUse, Invalid, InvalidTransition
from nextgenerp.core.tenancy import Actor, tenant_today

Status = Invoice.Status
ZERO = Decimal(0)
ISSUED: list[str] = [Status.CANCELLED]
NEXT: dict[str, list[str]] = {
    Status.DRAFT: [Status.SENT, Status.CANCELLED],
    Status.SENT: ISSUED,
    Status.PARTIALLY_PAID: ISSUED,
    Status.PAID: ISSUED,
    Status.CANCELLED: [],
}


def change_status(invoice: Invoice, status: str, *, reason: str = "", actor: Actor) -> Invoice:
    """Issue (``sent``) or cancel an invoice; nothing happens when it is shown in that status already.

    The caller holds the customer, the order and the invoice. Raises InvalidTransition, and what issuing and cancelling
    raise.
    """
    shown = invoice.shown_status(tenant_today())
    if status in {shown, invoice.status}:
        return invoice
    if status not in NEXT[invoice.status]:
        raise InvalidTransition.between(f"{invoice.number} is {shown}.", shown, status, NEXT[invoice.status])
    if status == Status.SENT:
        return issue_invoice(invoice, actor=actor)
    return cancel_invoice(invoice, reason, actor=actor)


@transaction.atomic
def issue_invoice(invoice: Invoice, *, actor: Actor) -> Invoice:
    """Issue a draft: computed with the company's options of today once more, then frozen with what is printed.

    The customer owes it from now on; what was received on the proforma invoice of its order settles it. The caller
    holds the customer and the invoice. Raises Invalid.
    """
    check_dates(invoice.date, invoice.due_date)
    documents.update_document(INVOICE, invoice, {}, actor=actor)
    documents.freeze(INVOICE, invoice)
    before = invoice.status
    allocations.follow(invoice)
    store(invoice, "issued", {"status": [before, invoice.status]}, "snapshot", actor=actor)
    change_outstanding(invoice.customer_id, invoice.payable)
    allocations.allocate(invoice.proforma_invoice_id, actor=actor, held=invoice)
    return invoice


@transaction.atomic
def cancel_invoice(invoice: Invoice, reason: str, *, actor: Actor) -> Invoice:
    """Cancel an invoice for a reason; it keeps its number, and its order's quantities can be invoiced again.

    What it had of a proforma invoice goes to other open invoices of its orders. The caller holds the customer, the
    order and the invoice. Raises Invalid without a reason, InUse while it has unreversed payments of its own.
    """
    if not reason:
        raise Invalid.field("reason", "required", "Say why it is cancelled.")
    refuse_paid(invoice)
    give_back(invoice, actor=actor)
    owed = ZERO if invoice.status == Status.DRAFT else invoice.balance
    before = {"status": invoice.status, "cancel_reason": "", "settled": invoice.settled}
    allocations.free_invoice(invoice)
    invoice.status, invoice.cancel_reason = Status.CANCELLED, reason
    changes = {name: [old, getattr(invoice, name)] for name, old in before.items()}
    store(
        invoice,
        "cancelled",
        {name: pair for name, pair in changes.items() if pair[0] != pair[1]},
        actor=actor,
    )
    if owed:
        change_outstanding(invoice.customer_id, -owed)
    allocations.allocate(invoice.proforma_invoice_id, actor=actor)
    return invoice


def store(invoice: Invoice, action: str, changes: dict[str, list[Any]], *columns: str, actor: Actor) -> None:
    """Save changed columns, and further ones too large to be told, with the history."""
    invoice.version += 1
    invoice.save(update_fields=[*changes, *columns, "version", "updated_at"])
    history.record(invoice, action, actor=actor, changes=changes)


def refuse_paid(invoice: Invoice) -> None:
    """Raises InUse while payments of an invoice are not reversed."""
    received = Receipt.objects.filter(invoice=invoice).aggregate(sum=Sum(F("amount") + F("tds_amount")))[
        "sum"
    ]
    if received:
        raise InUse("Payments have been received: reverse them first.", settled=received)
