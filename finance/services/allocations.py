"""What was received on a proforma invoice settles the invoices of its orders: oldest first, each rupee once.

Always as far as it goes: no money is left on a proforma invoice while an invoice of its orders is open. Whoever comes
through here holds the customer, whose lock orders everything that moves their money.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.db.models.functions import Coalesce

from crm.services.customers import change_outstanding
from finance.models import Invoice, Receipt, ReceiptAllocation
from finance.models.invoices import OPEN
from nextgenerp.core import history
from nextgenerp.core.tenancy import Actor

ZERO = Decimal(0)


def allocate(proforma_invoice_id: UUID | None, *, actor: Actor, held: Invoice | None = None) -> None:
    """Let what is left of the receipts on a proforma invoice settle open invoices. Locks those.

    ``held`` is one of them the caller has in hand already: it is changed instead of a copy.
    """
    left = unallocated(proforma_invoice_id) if proforma_invoice_id else []
    if not left:
        return
    invoices = Invoice.objects.filter(
        proforma_invoice_id=proforma_invoice_id, customer_id=left[0][0].customer_id, status__in=OPEN
    )
    made: list[ReceiptAllocation] = []
    for found in invoices.order_by("date", "id").select_for_update():
        invoice = held if held is not None and held.pk == found.pk else found
        taken = take(left, invoice)
        if taken:
            made += taken
            settle(invoice, sum((one.amount for one in taken), ZERO), "allocated", actor)
    ReceiptAllocation.objects.bulk_create(made)


def unallocated(proforma_invoice_id: UUID) -> list[list[Any]]:
    """``[receipt, what is left of it]`` of a proforma invoice's receipts, oldest first. One query."""
    receipts = Receipt.objects.filter(
        proforma_invoice_id=proforma_invoice_id, reverses=None, reversals=None
    ).annotate(taken=Coalesce(Sum("allocations__amount"), ZERO))
    return [
        [receipt, receipt.settles - receipt.taken]
        for receipt in receipts.order_by("date", "id")
        if receipt.settles > receipt.taken
    ]


def take(left: list[list[Any]], invoice: Invoice) -> list[ReceiptAllocation]:
    """Take an invoice's balance from what is left of receipts, which becomes less by that."""
    needed, taken = invoice.balance, []
    for entry in left:
        part = min(needed, entry[1])
        if part:
            taken.append(ReceiptAllocation(receipt=entry[0], invoice=invoice, amount=part))
            entry[1] -= part
            needed -= part
    return taken


def free_receipt(receipt: Receipt, *, actor: Actor) -> None:
    """Take back what a receipt settled of invoices. Locks those."""
    found = ReceiptAllocation.objects.filter(receipt=receipt)
    amounts = dict(found.values_list("invoice").annotate(total=Sum("amount")))
    for invoice in Invoice.objects.filter(pk__in=amounts).order_by("date", "id").select_for_update():
        settle(invoice, -amounts[invoice.pk], "allocation_freed", actor)
    found.delete()


def free_invoice(invoice: Invoice) -> None:
    """Give back what an invoice that is being cancelled got of proforma invoices; the caller holds and saves it."""
    freed = ReceiptAllocation.objects.filter(invoice=invoice)
    invoice.settled -= sum(freed.values_list("amount", flat=True), ZERO)
    freed.delete()


def settle(invoice: Invoice, amount: Decimal, action: str, actor: Actor) -> None:
    """Store that more (or below 0: less) of an issued invoice is settled, and of what its customer owes."""
    before = {"settled": invoice.settled, "status": invoice.status}
    invoice.settled += amount
    follow(invoice)
    invoice.version += 1
    invoice.save(update_fields=["settled", "status", "version", "updated_at"])
    changes = {name: [old, getattr(invoice, name)] for name, old in before.items()}
    history.record(
        invoice,
        action,
        actor=actor,
        changes={name: pair for name, pair in changes.items() if pair[0] != pair[1]},
    )
    change_outstanding(invoice.customer_id, -amount)


def follow(invoice: Invoice) -> None:
    """Put an issued invoice into the status its figures say."""
    status = Invoice.Status
    if invoice.settled == invoice.payable:
        invoice.status = status.PAID
    else:
        invoice.status = status.PARTIALLY_PAID if invoice.settled else status.SENT
