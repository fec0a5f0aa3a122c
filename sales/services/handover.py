"""Open sales documents given from one seat to another when somebody leaves."""

from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from nextgenerp.core.imports.tables import copy_history
from nextgenerp.core.scope import visible
from nextgenerp.core.seats import on_reassign
from nextgenerp.core.tenancy import Actor
from sales.kinds import PROFORMA_INVOICE, QUOTATION, SALES_ORDER, SalesKind

# What somebody still has to do something about.
OPEN = {
    QUOTATION.document_type: ("draft", "sent", "accepted", "expired"),
    PROFORMA_INVOICE.document_type: ("draft", "sent", "partially_paid", "overdue"),
    SALES_ORDER.document_type: ("draft", "confirmed", "in_progress", "partially_delivered", "delivered"),
}


@on_reassign(QUOTATION.module)
def reassign_quotations(leaver: UUID, successor: UUID, *, actor: Actor) -> None:
    reassign(QUOTATION, leaver, successor, actor=actor)


@on_reassign(PROFORMA_INVOICE.module)
def reassign_proforma_invoices(leaver: UUID, successor: UUID, *, actor: Actor) -> None:
    reassign(PROFORMA_INVOICE, leaver, successor, actor=actor)


@on_reassign(SALES_ORDER.module)
def reassign_sales_orders(leaver: UUID, successor: UUID, *, actor: Actor) -> None:
    reassign(SALES_ORDER, leaver, successor, actor=actor)


@transaction.atomic
def reassign(kind: SalesKind, leaver: UUID, successor: UUID, *, actor: Actor) -> None:
    """Give a leaver's open documents, as far as the actor's scope reaches, to a successor; locks them by id."""
    # By ids: a row that is waited for would be joined to the status it had before.
    statuses = list(
        kind.status_model.objects.filter(category__in=OPEN[kind.document_type]).values_list("id", flat=True)
    )
    open_ones = kind.model.objects.filter(owner_id=leaver, status_id__in=statuses)
    rows = visible(open_ones, actor).order_by("id").select_for_update(of=("self",))
    ids = list(rows.values_list("id", flat=True))
    if not ids:
        return
    now = timezone.now()
    kind.model.objects.filter(id__in=ids).update(owner_id=successor, version=F("version") + 1, updated_at=now)
    change = orjson.dumps({"ownerId": [str(leaver), str(successor)]}).decode()
    copy_history(kind.model, "updated", ((one, change) for one in ids), actor=actor, import_id=None, now=now)
