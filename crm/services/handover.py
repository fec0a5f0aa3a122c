"""Open leads and activities given from one seat to another when somebody leaves."""

from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import F, Model, Q, QuerySet
from django.utils import timezone

from crm.models import Lead, LeadActivity, LeadStatus
from nextgenerp.core.imports.tables import copy_history
from nextgenerp.core.scope import visible
from nextgenerp.core.seats import on_reassign
from nextgenerp.core.tenancy import Actor


@on_reassign("Leads")
@transaction.atomic
def reassign_leads(leaver: UUID, successor: UUID, *, actor: Actor) -> None:
    """Assign a leaver's open leads and planned activities, as far as the actor's scope reaches, to a successor.

    Locks the leads by id. Nobody gets a mail for each.
    """
    planned = LeadActivity.objects.filter(assigned_to_id=leaver, status=LeadActivity.Status.PLANNED)
    is_open = Q(assigned_to_id=leaver, converted_at=None, status__type=LeadStatus.Type.OPEN)
    concerned = visible(Lead.objects.filter(is_open | Q(id__in=planned.values("lead_id"))), actor)
    leads = list(concerned.order_by("id").select_for_update(of=("self",)).values_list("id", flat=True))
    open_ones = Lead.objects.filter(is_open, id__in=leads)
    activities = planned.filter(lead_id__in=leads)
    hand_over(LeadActivity, activities, leaver, successor, actor=actor)
    hand_over(Lead, open_ones, leaver, successor, actor=actor)


def hand_over(model: type[Model], records: QuerySet, leaver: UUID, successor: UUID, *, actor: Actor) -> None:
    """Assign records to a successor, with a history row each."""
    ids = list(records.order_by("id").values_list("id", flat=True))
    if not ids:
        return
    now = timezone.now()
    model._default_manager.filter(id__in=ids).update(
        assigned_to_id=successor, version=F("version") + 1, updated_at=now
    )
    change = orjson.dumps({"assignedToId": [str(leaver), str(successor)]}).decode()
    copy_history(model, "updated", ((one, change) for one in ids), actor=actor, import_id=None, now=now)
