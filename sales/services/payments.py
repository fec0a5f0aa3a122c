"""Payments of proforma invoices, written down and reversed; the ledger behind them is finance's.

The caller holds the customer first and then the proforma invoice.
"""

from typing import Any

from django.db import transaction

from finance.models import Receipt
from finance.services import receipts
from nextgenerp.core.exceptions import Conflict
from nextgenerp.core.tenancy import Actor, tenant_today
from sales.kinds import PROFORMA_INVOICE
from sales.models import ProformaInvoice
from sales.services.statuses import put_in

UNPAYABLE = {"draft": "Send it first.", "cancelled": "Make a new one."}


@transaction.atomic
def record_payment(proforma: ProformaInvoice, values: dict[str, Any], *, actor: Actor) -> Receipt:
    """Write down money received on a proforma invoice; its status follows the sum.

    ``values`` as for ``receipts.record_receipt``. Raises Conflict for a draft or a cancelled one, OverPayment, Invalid.
    """
    category = proforma.status.category
    if category in UNPAYABLE:
        raise Conflict(f"{proforma.number} is {category}. {UNPAYABLE[category]}")
    receipt = receipts.record_receipt(proforma, values, actor=actor)
    store(proforma, actor=actor)
    return receipt


@transaction.atomic
def reverse_payment(
    proforma: ProformaInvoice, receipt: Receipt, values: dict[str, Any], *, actor: Actor
) -> Receipt:
    """Add the opposite of a payment of a proforma invoice; its status follows the sum.

    ``values``: ``reason`` and optionally ``date``. Raises Conflict ``already_reversed``, Invalid.
    """
    opposite = receipts.reverse_receipt(proforma, receipt, actor=actor, **values)
    store(proforma, actor=actor)
    return opposite


def store(proforma: ProformaInvoice, *, actor: Actor) -> None:
    """Save what is settled, as a new version, and put the proforma invoice where its sum says."""
    proforma.version += 1
    proforma.save(update_fields=["settled", "version", "updated_at"])
    put_in(PROFORMA_INVOICE, proforma, category_of(proforma), actor=actor)


def category_of(proforma: ProformaInvoice) -> str:
    """What a sent proforma invoice is by its sum and the tenant's today: paid over overdue over partly paid."""
    if proforma.settled == proforma.payable:
        return "paid"
    if proforma.due_date is not None and proforma.due_date < tenant_today():
        return "overdue"
    return "partially_paid" if proforma.settled else "sent"
