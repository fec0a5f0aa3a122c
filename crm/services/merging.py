"""Several leads that are one: merged into the one that stays. What refers to the others moves to it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crm.models import Lead, LeadActivity
from crm.services.activities import bring_in_line
from crm.services.deals import update_deal
from crm.services.leads import LIMIT, update_lead
from nextgenerp.core import entitlements, history
from nextgenerp.core.exceptions import InUse
from nextgenerp.core.tenancy import Actor

# What the lead that stays takes over from the others, in their order, where it has nothing.
FILLED = (
    "first_name", "last_name", "designation", "email", "phone", "alternate_phone", "website", "source_id", "rating",
    "estimated_value", "expected_close_date", "requirement", "address", "city", "state", "pincode", "country",
    "assigned_to_id", "next_follow_up_at",
)  # fmt: skip
Mover = Callable[[Lead, Sequence[Lead]], None]
_movers: list[Mover] = []


def on_merge(function: Mover) -> Mover:
    """Register a function ``(lead, others)`` that moves what refers to the others to the lead that stays.

    It runs in the transaction of the merge, before the others are deleted (docs/adr/0013-merging.md).
    """
    _movers.append(function)
    return function


@transaction.atomic
def merge_leads(lead: Lead, others: Sequence[Lead], *, actor: Actor) -> Lead:
    """Merge other leads into ``lead`` and delete them; their places in the limit are free again.

    The caller holds the row locks of all, taken by id. Activities, deals, tags and what apps registered move; the
    history of each stays its own. Raises InUse for a converted one among the others.
    """
    converted = [one for one in others if one.converted_at is not None]
    if converted:
        raise InUse(
            "A converted lead cannot be merged into another one.", leadIds=[one.id for one in converted]
        )
    update_lead(lead, taken_over(lead, others), actor=actor)
    for one in others:
        for deal in one.deals.order_by("id").select_for_update():
            update_deal(deal, buyer_of(lead), actor=actor)
    activities = LeadActivity.objects.filter(lead__in=others)
    planned = activities.filter(status=LeadActivity.Status.PLANNED, scheduled_at__isnull=False).exists()
    activities.update(lead=lead, version=F("version") + 1, updated_at=timezone.now())
    for move in _movers:
        move(lead, others)
    lead.last_activity_at = max(filter(None, (one.last_activity_at for one in (lead, *others))), default=None)
    lead.first_contacted_at = min(
        filter(None, (one.first_contacted_at for one in (lead, *others))), default=None
    )
    lead.save(update_fields=["last_activity_at", "first_contacted_at"])
    bring_in_line(lead, planned=planned)
    for one in others:
        history.record(one, "merged", actor=actor, changes={"into": [None, lead.lead_number]})
        one.delete()
    history.record(
        lead, "merged", actor=actor, changes={"leads": [None, [one.lead_number for one in others]]}
    )
    entitlements.release(LIMIT, len(others))
    return lead


def taken_over(lead: Lead, others: Sequence[Lead]) -> dict[str, Any]:
    """What a lead gets of others, as ``update_lead`` takes it; a second phone number is kept as the alternate one."""
    values: dict[str, Any] = {}
    for name in FILLED:
        found = next((getattr(one, name) for one in others if getattr(one, name)), None)
        if not getattr(lead, name) and found:
            values[name] = found
    phone = lead.phone or values.get("phone", "")
    if not lead.alternate_phone and "alternate_phone" not in values:
        second = next((one.phone for one in others if one.phone and one.phone != phone), "")
        values |= {"alternate_phone": second} if second else {}
    if lead.company is None:
        company = next((one.company.name for one in others if one.company), "")
        values |= {"company": company} if company else {}
    tags = {tag.pk: tag for one in (lead, *others) for tag in one.tags.all()}
    return values | {"tags": list(tags.values())}


def buyer_of(lead: Lead) -> dict[str, Any]:
    """Whose a deal of a merged lead is: the lead's, or the customer's it has become."""
    if lead.customer_id is not None:
        return {"lead_id": None, "customer_id": lead.customer_id}
    return {"lead_id": lead.pk}
