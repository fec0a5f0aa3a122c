"""What the passing of days does: quotations expire, proforma invoices become overdue. Safe to run again.

Rows somebody has in hand are left for the next run.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from nextgenerp.core.imports.tables import copy_history
from nextgenerp.core.tenancy import SYSTEM, tenant_today
from sales.kinds import PROFORMA_INVOICE, QUOTATION, SalesKind
from sales.models import DocumentStatus
from sales.services.statuses import system_status

BATCH = 500


def expire_quotations() -> int:
    """Expire the sent quotations whose last day has passed in the tenant's zone; returns how many."""
    past = QUOTATION.model.objects.filter(status__category="sent", valid_until__lt=tenant_today())
    return move_all(QUOTATION, past, "expired")


def mark_overdue() -> int:
    """Put the proforma invoices whose due date has passed unpaid into overdue; returns how many."""
    past = PROFORMA_INVOICE.model.objects.filter(
        status__category__in=["sent", "partially_paid"], due_date__lt=tenant_today(), settled__lt=F("payable")
    )
    return move_all(PROFORMA_INVOICE, past, "overdue")


def move_all(kind: SalesKind, documents: Any, category: str) -> int:
    """Move the documents of a queryset to a category, a batch a transaction; returns how many were moved."""
    moved = 0
    while True:
        batch = move_batch(kind, documents, category)
        moved += batch
        if batch < BATCH:
            return moved


@transaction.atomic
def move_batch(kind: SalesKind, documents: Any, category: str) -> int:
    target = system_status(kind, category)
    rows = documents.order_by("id").select_for_update(skip_locked=True, of=("self",))[:BATCH]
    before = dict(rows.values_list("id", "status_id"))
    if not before:
        return 0
    now = timezone.now()
    kind.model.objects.filter(id__in=before).update(
        status=target, status_reason="", version=F("version") + 1, updated_at=now
    )
    changes = changes_by_status(kind, set(before.values()), target)
    entries: Iterable[tuple[UUID, str]] = ((one, changes[status]) for one, status in before.items())
    copy_history(kind.model, "status_changed", entries, actor=SYSTEM, import_id=None, now=now)
    return len(before)


def changes_by_status(kind: SalesKind, statuses: set[UUID], target: DocumentStatus) -> dict[UUID, str]:
    """What history tells of a move to a status, as JSON, by the status moved from."""
    found = kind.status_model.objects.filter(id__in=statuses)
    return {
        old.id: orjson.dumps(
            {"status": [old.name, target.name], "category": [old.category, getattr(target, "category", "")]}
        ).decode()
        for old in found
    }
