"""Open deals given from one seat to another when somebody leaves."""

from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crm.models import Deal
from crm.services.deals import CLOSED
from nextgenerp.core.imports.tables import copy_history
from nextgenerp.core.scope import visible
from nextgenerp.core.seats import on_reassign
from nextgenerp.core.tenancy import Actor


@on_reassign("Leads")
@transaction.atomic
def reassign_deals(leaver: UUID, successor: UUID, *, actor: Actor) -> None:
    """Make a successor the owner of a leaver's open deals, as far as the actor's scope reaches; locks them by id."""
    open_ones = visible(Deal.objects.filter(owner_id=leaver).exclude(stage__in=CLOSED), actor)
    ids = list(open_ones.order_by("id").select_for_update().values_list("id", flat=True))
    if not ids:
        return
    now = timezone.now()
    Deal.objects.filter(id__in=ids).update(owner_id=successor, version=F("version") + 1, updated_at=now)
    change = orjson.dumps({"ownerId": [str(leaver), str(successor)]}).decode()
    copy_history(Deal, "updated", ((one, change) for one in ids), actor=actor, import_id=None, now=now)
