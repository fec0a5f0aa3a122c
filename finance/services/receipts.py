"""The ledger of money received, on invoices and proforma invoices alike.

Entries are added in the transaction of whoever changes the document: ``services.payments`` for invoices, the app above
for proforma invoices. The caller holds the customer first and then the document, which these functions do not save:
they set ``settled`` on it, and its status follows from that.
"""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from finance.models import Invoice, Receipt
from finance.services import allocations
from nextgenerp.core import history
from nextgenerp.core.exceptions import Conflict, Invalid, NotFound
from nextgenerp.core.tenancy import Actor, tenant_today

ZERO = Decimal(0)


class OverPayment(Conflict):
    """More was received than is still to be; ``balance`` says how much that is."""

    code, title = "over_payment", "Over-payment"


@transaction.atomic
def record_receipt(target: Any, values: dict[str, Any], *, actor: Actor) -> Receipt:
    """Write down money received on a document, and raise its ``settled`` by amount and TDS together.

    ``values``: ``amount``, ``method``, and optionally ``tds_amount``, ``reference``, ``date`` (today), ``bank_account``
    (a record), ``notes``. ``target`` is an invoice or a proforma invoice, whose customer and row the caller holds; the
    caller saves it. What comes in on a proforma invoice settles the open invoices of its orders. Raises Invalid,
    OverPayment.
    """
    values = {"date": tenant_today(), **values}
    account = values.pop("bank_account", None)
    receipt = Receipt(
        **values,
        **document_of(target),
        bank_account_id=account.pk if account else None,
        **people(target, actor),
    )
    refuse_nothing(receipt)
    refuse_future(receipt)
    balance = target.payable - target.settled
    if receipt.settles > balance:
        raise OverPayment(f"Only {balance} are still to be received.", balance=balance)
    enter(receipt, target, "payment_recorded", actor)
    if receipt.proforma_invoice_id:
        allocations.allocate(receipt.proforma_invoice_id, actor=actor)
    return receipt


def find_receipt(target: Any, receipt_id: UUID | None) -> Receipt:
    """An entry of a document by its id. Raises NotFound."""
    receipt = Receipt.objects.filter(**document_of(target), pk=receipt_id).first() if receipt_id else None
    if receipt is None:
        raise NotFound
    return receipt


@transaction.atomic
def reverse_receipt(
    target: Any, receipt: Receipt, *, reason: str, date: date | None = None, actor: Actor
) -> Receipt:
    """Add the opposite of an entry of a document, and lower its ``settled`` again; both entries stay.

    Dated today unless said. What had gone from a proforma invoice to invoices is taken back from them. The caller
    holds the customer and the document, and saves it. Raises Conflict ``already_reversed``, Invalid.
    """
    if receipt.reverses_id or receipt.reversals.exists():
        raise Conflict("This payment has been reversed.", code="already_reversed")
    opposite = Receipt(
        **document_of(target), **people(target, actor), reverses=receipt, amount=-receipt.amount,
        tds_amount=-receipt.tds_amount, method=receipt.method, reference=receipt.reference,
        bank_account_id=receipt.bank_account_id, notes=reason, date=date or tenant_today(),
    )  # fmt: skip
    refuse_future(opposite)
    if opposite.date < receipt.date:
        raise Invalid.field("date", "min_value", "A payment is reversed on its date at the earliest.")
    enter(opposite, target, "payment_reversed", actor)
    if receipt.proforma_invoice_id:
        allocations.free_receipt(receipt, actor=actor)
        allocations.allocate(receipt.proforma_invoice_id, actor=actor)
    return opposite


def enter(receipt: Receipt, target: Any, action: str, actor: Actor) -> None:
    """Store an entry and set the document's ``settled``, with its history."""
    before = target.settled
    target.settled += receipt.settles
    receipt.save(force_insert=True)
    changes = {"amount": [None, receipt.amount], "settled": [before, target.settled]}
    if receipt.tds_amount:
        changes["tds_amount"] = [None, receipt.tds_amount]
    if receipt.reverses_id:
        changes["reason"] = [None, receipt.notes]
    history.record(target, action, actor=actor, changes=changes)


def document_of(target: Any) -> dict[str, UUID]:
    """The column that says which document an entry is of."""
    return {"invoice_id" if isinstance(target, Invoice) else "proforma_invoice_id": target.pk}


def people(target: Any, actor: Actor) -> dict[str, UUID | None]:
    """Whose money and whose document it is, and who wrote it down."""
    return {
        "customer_id": target.customer_id,
        "owner_id": target.owner_id,
        "created_by_id": actor.seat_id,
    }


def refuse_nothing(receipt: Receipt) -> None:
    if receipt.settles <= 0 or receipt.amount < 0 or receipt.tds_amount < 0:
        raise Invalid.field("amount", "min_value", "Something must have been received or withheld.")


def refuse_future(receipt: Receipt) -> None:
    if receipt.date > tenant_today():
        raise Invalid.field("date", "in_future", "What is received is dated today at the latest.")
