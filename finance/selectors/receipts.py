"""What was received on documents."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Sum

from finance.models import Invoice, Receipt, ReceiptAllocation
from nextgenerp.core import seats

COLUMNS = (
    "id", "date", "amount", "tds_amount", "method", "reference", "bank_account_id", "notes", "reverses_id",
    "proforma_invoice_id", "created_by_id", "created_at",
)  # fmt: skip


def receipts_of(proforma_invoice_id: UUID) -> list[dict[str, Any]]:
    """The entries of a proforma invoice, oldest first, as ``PaymentSerializer`` speaks them. Two queries."""
    return with_names(shown(Receipt.objects.filter(proforma_invoice_id=proforma_invoice_id)))


def payments_of(invoice: Invoice) -> list[dict[str, Any]]:
    """The entries of an invoice and what it got of proforma invoices, oldest first; their sum is what is settled.

    As ``PaymentSerializer`` speaks them. Three queries.
    """
    entries = [*shown(Receipt.objects.filter(invoice=invoice)), *allocated_to(invoice)]
    return with_names(sorted(entries, key=lambda entry: (entry["date"], entry["created_at"], entry["id"])))


def receipt_shown(receipt: Receipt) -> dict[str, Any]:
    """One entry as ``PaymentSerializer`` speaks it."""
    return with_names(shown(Receipt.objects.filter(pk=receipt.pk)))[0]


def shown(receipts: QuerySet) -> list[dict[str, Any]]:
    rows = receipts.order_by("date", "id").annotate(reversed_by_id=F("reversals__id"))
    return list(rows.values(*COLUMNS, "reversed_by_id"))


def allocated_to(invoice: Invoice) -> list[dict[str, Any]]:
    """What of receipts on proforma invoices settles an invoice, under the allocations' own ids."""
    paths = {name: F(f"receipt__{name}") for name in COLUMNS if name not in {"id", "amount", "created_at"}}
    rows = ReceiptAllocation.objects.filter(invoice=invoice).values("id", "amount", "created_at", **paths)
    return [row | {"tds_amount": Decimal("0.00"), "reversed_by_id": None} for row in rows]


def with_names(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = seats.names({entry["created_by_id"] for entry in entries if entry["created_by_id"]})
    for entry in entries:
        entry["created_by"] = names.get(entry["created_by_id"])
    return entries


def settled_of(proforma_invoice_ids: Iterable[UUID]) -> dict[UUID, Decimal]:
    """What was received on proforma invoices, TDS included, less reversals; those without entries are left out."""
    sums = Receipt.objects.filter(proforma_invoice_id__in=list(proforma_invoice_ids)).values_list(
        "proforma_invoice_id"
    )
    return dict(sums.annotate(settled=Sum(F("amount") + F("tds_amount"))).order_by())
