"""Seats of a team: changed, taken away and given back; one change of a team happens after the other."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Invitation, Membership, Session
from accounts.selectors import MAX_LEVELS, forest_rows, levels_of, team
from accounts.services.permissions import as_of_now, lock_team, refuse_last_admin, refuse_upwards
from nextgenerp.core import history, seats
from nextgenerp.core.entitlements import claim, release
from nextgenerp.core.exceptions import Conflict, Invalid, InvalidTransition, NotFound
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import Actor

LIMIT = "users"


def locked_seat(seat_id: UUID | None, *, actor: Actor) -> tuple[Membership, Actor]:
    """A seat of the actor's tenant and scope, and the actor as they are now; locks the team, then both seats by id.

    Raises NotFound, Forbidden.
    """
    lock_team(actor.tenant)
    of_tenant = Membership.objects.filter(tenant=actor.tenant)
    wanted = [one for one in (seat_id, actor.seat_id) if one]
    rows = of_tenant.filter(id__in=wanted).select_related("tenant", "user").order_by("id")
    found: dict[UUID | None, Membership] = {seat.id: seat for seat in rows.select_for_update(of=("self",))}
    actor = as_of_now(actor, found.get(actor.seat_id))
    seat = found.get(seat_id)
    if seat is None or not visible(of_tenant.filter(id=seat.id), actor).exists():
        raise NotFound
    return seat, actor


@transaction.atomic
def update_member(seat: Membership, values: dict[str, Any], *, actor: Actor) -> None:
    """Store what differs; the caller holds the lock. Raises Forbidden, Invalid, Conflict ``manager_cycle``."""
    refuse_upwards(actor, seat.role)
    manager_id = values.get("manager_id")
    if manager_id is not None and manager_id != seat.manager_id:
        refuse_unfit_manager(seat, manager_id, actor=actor)
    history.save_changes(seat, values, actor=actor)


def refuse_unfit_manager(seat: Membership, manager_id: UUID, *, actor: Actor) -> None:
    """A manager is an active seat within the actor's scope and not below the seat. Raises Invalid, Conflict."""
    level = manager_level(manager_id, actor=actor)
    below = Actor(seat_id=seat.id)
    if manager_id in team(below):
        raise Conflict("The manager reports to this member, directly or not.", code="manager_cycle")
    height = max((row[2] for row in forest_rows(seat.tenant, seat.id)), default=1)
    if level + height > MAX_LEVELS:
        raise too_deep()


def manager_level(manager_id: UUID, *, actor: Actor) -> int:
    """The level of an active seat within the actor's scope that is to be a manager. Raises Invalid, Conflict."""
    active = Membership.objects.filter(tenant=actor.tenant, is_active=True, id=manager_id)
    level = levels_of(actor.tenant).get(manager_id)
    if level is None or not visible(active, actor).exists():
        raise Invalid.field("managerId", "does_not_exist", "There is no such active member.")
    if level >= MAX_LEVELS:
        raise too_deep()
    return level


def too_deep() -> Conflict:
    return Conflict(f"A hierarchy has at most {MAX_LEVELS} levels.", code="hierarchy_too_deep")


@transaction.atomic
def change_settings(seat: Membership, values: dict[str, Any], *, actor: Actor) -> None:
    """Store the settings that are given, those of notifications one by one; the caller holds the lock.

    Raises Forbidden.
    """
    refuse_upwards(actor, seat.role)
    merged = {**seat.settings, **values}
    if "notifications" in values:
        merged["notifications"] = {**seat.settings.get("notifications", {}), **values["notifications"]}
    history.save_changes(seat, {"settings": merged}, actor=actor)


@transaction.atomic
def deactivate(seat: Membership, *, actor: Actor, reassign_to: UUID | None = None) -> None:
    """Take a seat away: its sessions end, its reports move up, its open work goes to ``reassign_to`` if given.

    The caller holds the lock. Raises Forbidden, InvalidTransition, Conflict ``last_tenant_admin``, Invalid.
    """
    refuse_upwards(actor, seat.role)
    if not seat.is_active:
        raise InvalidTransition("This member is deactivated already.")
    refuse_last_admin(seat)
    if reassign_to is not None and (reassign_to == seat.id or not seats.is_active(reassign_to)):
        raise Invalid.field("reassignTo", "does_not_exist", "There is no such active member.")
    history.save_changes(seat, {"is_active": False}, actor=actor, action="deactivated")
    Session.objects.filter(seat=seat, revoked_at=None).update(revoked_at=timezone.now())
    move_reports(seat, actor=actor)
    if reassign_to is not None:
        seats.reassign(seat.id, reassign_to, actor=actor)
    release(LIMIT)


def move_reports(seat: Membership, *, actor: Actor) -> None:
    """Put whoever reports to a seat, or is invited to, under its own manager; so no manager is ever inactive."""
    for report in Membership.objects.filter(manager=seat).order_by("id").select_for_update():
        history.save_changes(report, {"manager_id": seat.manager_id}, actor=actor)
    Invitation.objects.filter(manager=seat).update(manager=seat.manager_id, version=F("version") + 1)


@transaction.atomic
def reactivate(seat: Membership, *, actor: Actor) -> None:
    """Give a seat back with the role and grants it had; the caller holds the lock.

    Raises Forbidden, InvalidTransition, LimitReached.
    """
    refuse_upwards(actor, seat.role)
    if seat.is_active:
        raise InvalidTransition("This member is active.")
    history.save_changes(seat, {"is_active": True}, actor=actor, action="reactivated")
    claim(LIMIT)
