"""Payments of invoices, written down and reversed; the ledger behind them is ``services.receipts``."""

from typing import Any

from django.db import transaction

from crm.services.customers import change_outstanding
from finance.models import Invoice, Receipt
from finance.services import allocations, receipts
from nextgenerp.core.exceptions import Conflict
from nextgenerp.core.tenancy import Actor

UNPAYABLE = {Invoice.Status.DRAFT: "Issue it first.", Invoice.Status.CANCELLED: "Make a new one."}


@transaction.atomic
def record_payment(invoice: Invoice, values: dict[str, Any], *, actor: Actor) -> Receipt:
    """Write down money received on an issued invoice; its status follows, and what the customer owes.

    ``values`` as for ``receipts.record_receipt``. The caller holds the customer and the invoice. Raises Conflict for
    one that is not issued or is cancelled, OverPayment, Invalid.
    """
    if invoice.status in UNPAYABLE:
        raise Conflict(f"{invoice.number} is {invoice.status}. {UNPAYABLE[Invoice.Status(invoice.status)]}")
    receipt = receipts.record_receipt(invoice, values, actor=actor)
    store(invoice, receipt)
    return receipt


@transaction.atomic
def reverse_payment(invoice: Invoice, receipt: Receipt, values: dict[str, Any], *, actor: Actor) -> Receipt:
    """Add the opposite of a payment of an invoice; its status follows, and what the customer owes.

    ``values``: ``reason`` and optionally ``date``. The caller holds the customer and the invoice. Raises Conflict
    ``already_reversed``, Invalid.
    """
    opposite = receipts.reverse_receipt(invoice, receipt, actor=actor, **values)
    store(invoice, opposite)
    allocations.allocate(invoice.proforma_invoice_id, actor=actor, held=invoice)
    return opposite


def store(invoice: Invoice, receipt: Receipt) -> None:
    """Save an invoice whose ``settled`` an entry has changed."""
    allocations.follow(invoice)
    invoice.version += 1
    invoice.save(update_fields=["settled", "status", "version", "updated_at"])
    change_outstanding(invoice.customer_id, -receipt.settles)
