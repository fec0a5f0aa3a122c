"""Which members work on leads: who may be given one, and who sees a certain one."""

from typing import Any
from uuid import UUID

from crm.models import Lead
from nextgenerp.core import seats
from nextgenerp.core.scope import reach, visible
from nextgenerp.core.tenancy import Actor, current_tenant

MODULE = Lead.scope.module


def assignees(actor: Actor) -> list[dict[str, Any]]:
    """The active members who may view leads, within the actor's scope, by name: one query, one more for a team."""
    found = seats.of_tenant().filter(is_active=True, user__is_active=True).select_related("user")
    within = reach(actor, MODULE)
    if within is not None:
        found = found.filter(id__in=within)
    members = [
        {"id": seat.id, "name": seat.name, "email": seat.user.email, "role": seat.role}
        for seat in found
        if seat.grants.get(MODULE, {}).get("canView")
    ]
    return sorted(members, key=lambda one: (one["name"].casefold(), one["id"]))


def member_who_sees(seat_id: UUID | None, lead: Lead) -> Any:
    """The active seat of an id, with its user, if its grants and its scope reach a lead; None otherwise."""
    active = seats.of_tenant().filter(id=seat_id, is_active=True, user__is_active=True)
    seat = active.select_related("user").first() if seat_id else None
    if seat is None:
        return None
    member = Actor(seat_id=seat.id, grants=seat.grants, tenant=current_tenant())
    reached = member.can(MODULE, "canView") and visible(Lead.objects.filter(pk=lead.pk), member).exists()
    return seat if reached else None
