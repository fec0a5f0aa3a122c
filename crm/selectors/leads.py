"""Questions about leads that need more than a filter: likely duplicates, figures of statuses."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from crm.models import Lead, LeadStatus
from crm.normal import normal
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import Actor

MOST_DUPLICATES = 20


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Leads with the same e-mail or phone: those the actor may see, and how many more there are."""

    shown: list[dict[str, Any]] = field(default_factory=list)
    out_of_scope: int = 0

    def __bool__(self) -> bool:
        return bool(self.shown or self.out_of_scope)

    @property
    def members(self) -> dict[str, Any]:
        """What an answer says of them."""
        return {"duplicates": self.shown, "duplicatesOutOfScope": self.out_of_scope}


def duplicates_of(lead: Lead, *, actor: Actor) -> Duplicates:
    """The leads that have the e-mail address or a phone number of ``lead``; at most 20 are looked at."""
    phones = {phone for phone in (lead.phone, lead.alternate_phone) if phone}
    same = Q(phone__in=phones) if phones else Q()
    if lead.email_key:
        same |= Q(email_key=lead.email_key)
    found = list(
        Lead.objects.filter(same)
        .exclude(pk=lead.pk)
        .select_related("company")
        .order_by("id")[:MOST_DUPLICATES]
    )
    shown = in_scope(found, actor)
    return Duplicates(
        [
            {
                "id": one.id,
                "leadNumber": one.lead_number,
                "name": one.name,
                "matchedOn": matched_on(one, lead, phones),
            }
            for one in shown
        ],
        len(found) - len(shown),
    )


def in_scope(leads: list[Lead], actor: Actor) -> list[Lead]:
    """Those of some leads that the actor may see."""
    if not leads or actor.scope(Lead.scope.module) == "all":
        return leads
    ids = [lead.id for lead in leads]
    seen = set(visible(Lead.objects.filter(id__in=ids), actor).values_list("id", flat=True))
    return [lead for lead in leads if lead.id in seen]


def matched_on(one: Lead, lead: Lead, phones: set[str]) -> list[str]:
    email = ["email"] if lead.email_key and one.email_key == lead.email_key else []
    return email + (["phone"] if one.phone in phones else [])


def statuses_with_counts(actor: Actor) -> list[dict[str, Any]]:
    """Every status with the number of leads the actor sees in it: two queries."""
    counts = dict(visible(Lead.objects.all(), actor).order_by().values_list("status").annotate(n=Count("id")))
    return [
        {
            "id": status.id, "name": status.name, "type": status.type, "color": status.color,
            "order": status.order, "isDefault": status.is_default, "leadCount": counts.get(status.id, 0),
        }
        for status in LeadStatus.objects.all()
    ]  # fmt: skip


def lead_counts_of(company_ids: Iterable[UUID], *, actor: Actor) -> dict[UUID, int]:
    """How many leads the actor sees of each company that has any."""
    leads = visible(Lead.objects.filter(company_id__in=list(company_ids)), actor)
    return dict(leads.order_by().values_list("company_id").annotate(Count("id")))


def search_companies(queryset: QuerySet, text: str) -> QuerySet:
    """Companies whose name holds a text."""
    return queryset.filter(name_key__contains=normal(text))
