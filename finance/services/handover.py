"""Open invoices given from one seat to another when somebody leaves."""

from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from finance.kinds import INVOICE
from finance.models import Invoice
from finance.models.invoices import OPEN
from nextgenerp.core.imports.tables import copy_history
from nextgenerp.core.scope import visible
from nextgenerp.core.seats import on_reassign
from nextgenerp.core.tenancy import Actor


@on_reassign(INVOICE.module)
@transaction.atomic
def reassign_invoices(leaver: UUID, successor: UUID, *, actor: Actor) -> None:
    """Give a leaver's drafts and unpaid invoices, as far as the actor's scope reaches, to a successor.

    Locks them by id.
    """
    open_ones = Invoice.objects.filter(owner_id=leaver, status__in=[Invoice.Status.DRAFT, *OPEN])
    rows = visible(open_ones, actor).order_by("id").select_for_update(of=("self",))
    ids = list(rows.values_list("id", flat=True))
    if not ids:
        return
    now = timezone.now()
    Invoice.objects.filter(id__in=ids).update(owner_id=successor, version=F("version") + 1, updated_at=now)
    change = orjson.dumps({"ownerId": [str(leaver), str(successor)]}).decode()
    copy_history(Invoice, "updated", ((one, change) for one in ids), actor=actor, import_id=None, now=now)
