"""What a seat may do: its role and its grants, changed by people who hold as much themselves."""

from dataclasses import replace

from django.db import transaction

from accounts.grants import DEFAULTS, Grants, beyond, completed, rank
from accounts.models import Membership, Tenant
from nextgenerp.core import history
from nextgenerp.core.exceptions import Conflict, Forbidden
from nextgenerp.core.tenancy import Actor

Role = Membership.Role
MODULE = "User Management"


def lock_team(tenant: Tenant) -> None:
    """Let one change of a tenant's team after the other happen, until the transaction ends."""
    Tenant.objects.select_for_update(no_key=True).get(id=tenant.id)


def as_of_now(actor: Actor, own: Membership | None) -> Actor:
    """The actor with the role and the grants their seat has under the team's lock. Raises Forbidden."""
    if actor.seat_id is None:
        return actor
    if own is None or not own.is_active:
        raise Forbidden("This account has been deactivated.", code="account_deactivated")
    return replace(actor, role=own.role, grants=own.grants)


def acting(actor: Actor) -> Actor:
    """Lock the team and return the actor as they are now. Raises Forbidden."""
    lock_team(actor.tenant)
    own = Membership.objects.filter(id=actor.seat_id).first() if actor.seat_id else None
    return as_of_now(actor, own)


def refuse_upwards(actor: Actor, role: str) -> None:
    """Nobody acts on, or gives, a role above their own. Raises Forbidden."""
    if rank(role) > rank(actor.role):
        raise Forbidden(f"The role {role} is above your own.", module=MODULE)


def refuse_beyond(actor: Actor, new: Grants, old: Grants) -> None:
    """Nobody grants what they do not hold. Raises Forbidden with what that is in ``beyond``."""
    found = beyond(new, old, actor.grants)
    if found:
        raise Forbidden("You cannot grant what you do not hold.", module=MODULE, beyond=found)


def grants_for(role: str, given: Grants | None, *, actor: Actor) -> Grants | None:
    """The grants of a new seat, None for the role's defaults. Raises Forbidden, Conflict."""
    refuse_upwards(actor, role)
    if given is not None:
        refuse_fixed(role)
    new = completed(given) if given is not None else None
    refuse_beyond(actor, new or DEFAULTS[role], {})
    return new


def refuse_fixed(role: str) -> None:
    if role == Role.TENANT_ADMIN:
        raise Conflict(
            "A tenant_admin may do everything; their permissions are fixed.", code="fixed_permissions"
        )


def refuse_last_admin(seat: Membership) -> None:
    """A tenant keeps one active tenant_admin. The caller holds the team's lock. Raises Conflict."""
    if seat.role != Role.TENANT_ADMIN or not seat.is_active:
        return
    others = Membership.objects.filter(
        tenant_id=seat.tenant_id, role=Role.TENANT_ADMIN, is_active=True, user__is_active=True
    )
    if not others.exclude(id=seat.id).exists():
        raise Conflict("A tenant keeps one active tenant_admin at least.", code="last_tenant_admin")


@transaction.atomic
def set_permissions(seat: Membership, given: Grants, *, actor: Actor) -> None:
    """Give a seat exactly these grants; the caller holds its lock. Raises Forbidden, Conflict."""
    refuse_upwards(actor, seat.role)
    refuse_fixed(seat.role)
    new = completed(given)
    refuse_beyond(actor, new, seat.grants)
    history.save_changes(seat, {"permissions": new}, actor=actor)


@transaction.atomic
def change_role(seat: Membership, role: str, *, actor: Actor) -> None:
    """Give a seat another role with that role's defaults; the caller holds its lock. Raises Forbidden, Conflict."""
    if seat.id == actor.seat_id:
        raise Forbidden("Nobody changes their own role.", module=MODULE)
    refuse_upwards(actor, seat.role)
    refuse_upwards(actor, role)
    if role == seat.role:
        return
    refuse_last_admin(seat)
    refuse_beyond(actor, DEFAULTS[role], seat.grants)
    history.save_changes(seat, {"role": role, "permissions": None}, actor=actor)
