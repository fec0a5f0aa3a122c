"""Open leads given from one seat to another when somebody leaves."""

from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crm.models import Lead, LeadStatus
from nextgenerp.core.imports.tables import copy_history
from nextgenerp.core.scope import visible
from nextgenerp.core.seats import on_reassign
from nextgenerp.core.tenancy import Actor


@on_reassign("Leads")
@transaction.atomic
def reassign_leads(leaver: UUID, successor: UUID, *, actor: Actor) -> None:
    """Assign a leaver's open leads, as far as the actor's scope reaches, to a successor; locks them by id."""
    open_ones = Lead.objects.filter(
        assigned_to_id=leaver, converted_at=None, status__type=LeadStatus.Type.OPEN
    )
    rows = visible(open_ones, actor).order_by("id").select_for_update(of=("self",))
    ids = list(rows.values_list("id", flat=True))
    if not ids:
        return
    now = timezone.now()
    Lead.objects.filter(id__in=ids).update(assigned_to_id=successor, version=F("version") + 1, updated_at=now)
    change = orjson.dumps({"assignedToId": [str(leaver), str(successor)]}).decode()
    copy_history(Lead, "updated", ((one, change) for one in ids), actor=actor, import_id=None, now=now)
