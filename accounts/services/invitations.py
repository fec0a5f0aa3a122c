"""Invitations to a seat: made, sent again, taken back. Each holds a place of the users limit while it waits."""

import secrets
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Invitation, Membership, Tenant, normal_email
from accounts.selectors import pending_invitations
from accounts.services.members import LIMIT, manager_level
from accounts.services.permissions import acting, grants_for, lock_team, refuse_upwards
from accounts.services.sessions import hash_of
from nextgenerp.core import history
from nextgenerp.core.entitlements import claim, release
from nextgenerp.core.exceptions import Duplicate, NotFound
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import SYSTEM, Actor, tenant_context
from nextgenerp.mail.services import send

LIFE = timedelta(days=7)
KIND = "invite"  # of mail


@transaction.atomic
def invite(values: dict[str, Any], *, actor: Actor) -> Invitation:
    """Invite an address to a seat; the token goes into the mail alone.

    ``values``: email, role, and optionally permissions, manager_id, first_name, last_name, phone. Locks the team.
    Raises Forbidden, Conflict, Duplicate, Invalid, LimitReached, RateLimited at the day's cap of invitations.
    """
    actor = acting(actor)
    values = dict(values)
    values["permissions"] = grants_for(values["role"], values.get("permissions"), actor=actor)
    if values.get("manager_id") is not None:
        manager_level(values["manager_id"], actor=actor)
    invitation, token = new_invitation(values, actor=actor)
    refuse_known(actor.tenant, invitation.email_key)
    forget_expired(actor.tenant, [invitation.email_key])
    invitation.save(force_insert=True)
    history.record(invitation, "created", actor=actor)
    claim(LIMIT)
    mail(invitation, token, actor=actor)
    return invitation


def new_invitation(values: dict[str, Any], *, actor: Actor) -> tuple[Invitation, str]:
    """An invitation that is not stored yet, and its token."""
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        **values, tenant=actor.tenant, email_key=normal_email(values["email"]), invited_by_id=actor.seat_id,
        token_hash=hash_of(token), expires_at=timezone.now() + LIFE,
    )  # fmt: skip
    return invitation, token


def mail(invitation: Invitation, token: str, *, actor: Actor) -> None:
    send(
        KIND,
        invitation.email,
        {
            "name": invitation.first_name or "there",
            "inviter": actor.name or "NextGenERP",
            "company": actor.tenant.name,
            # after the #, so that no server's log holds it
            "accept_url": f"{settings.FRONTEND_URL}/accept-invite#token={token}",
            "days": LIFE.days,
        },
    )


def refuse_known(tenant: Tenant, email_key: str) -> None:
    """Raises Duplicate for an address that has a seat in the tenant, or is invited."""
    seat = Membership.objects.filter(tenant=tenant, user__email_key=email_key).first()
    if seat is not None and seat.is_active:
        raise Duplicate("This address belongs to a member.")
    if seat is not None:
        raise Duplicate(
            "This address belongs to a deactivated member: reactivate them.", code="deactivated_member"
        )
    if pending_invitations(tenant).filter(email_key=email_key).exists():
        raise Duplicate("This address is invited already.")


def forget_expired(tenant: Tenant, email_keys: Iterable[str] | None = None) -> int:
    """Remove a tenant's lapsed invitations, or those of some addresses, and free their places; returns how many.

    The caller holds the team's lock and is in the tenant's schema.
    """
    lapsed = Invitation.objects.filter(tenant=tenant, expires_at__lte=timezone.now())
    if email_keys is not None:
        lapsed = lapsed.filter(email_key__in=list(email_keys))
    found = list(lapsed.order_by("id"))
    for invitation in found:
        history.record(invitation, "expired", actor=SYSTEM)
    if found:
        Invitation.objects.filter(id__in=[one.id for one in found]).delete()
        release(LIMIT, len(found))
    return len(found)


def forget_all_expired() -> None:
    """Remove the lapsed invitations of every tenant."""
    lapsed = Invitation.objects.filter(expires_at__lte=timezone.now(), tenant__schema_ready=True)
    for tenant in Tenant.objects.filter(id__in=lapsed.values("tenant")).order_by("id"):
        with transaction.atomic():
            lock_team(tenant)
            with tenant_context(tenant):
                forget_expired(tenant)


def locked_invitation(identifier: UUID | None, *, actor: Actor) -> tuple[Invitation, Actor]:
    """A pending invitation within the actor's scope, and the actor as they are now; locks the team, then it.

    Raises NotFound, Forbidden.
    """
    actor = acting(actor)
    found = visible(pending_invitations(actor.tenant), actor).select_for_update(of=("self",))
    invitation = found.filter(id=identifier).first() if identifier else None
    if invitation is None:
        raise NotFound
    return invitation, actor


@transaction.atomic
def resend(invitation: Invitation, *, actor: Actor) -> None:
    """Mail an invitation again with a new token and seven new days; the old token is dead.

    The caller holds its lock. Raises Forbidden, RateLimited.
    """
    refuse_upwards(actor, invitation.role)
    token = secrets.token_urlsafe(32)
    invitation.token_hash = hash_of(token)
    changes = {"expires_at": timezone.now() + LIFE}
    history.save_changes(invitation, changes, actor=actor, action="resent", also=["token_hash"])
    mail(invitation, token, actor=actor)


@transaction.atomic
def revoke(invitation: Invitation, *, actor: Actor) -> None:
    """Take an invitation back: its token is dead, its place is free. The caller holds its lock. Raises Forbidden."""
    refuse_upwards(actor, invitation.role)
    history.record(invitation, "deleted", actor=actor)
    invitation.delete()
    release(LIMIT)


def known_addresses(tenant: Tenant, email_keys: Collection[str]) -> dict[str, UUID]:
    """Which of some addresses have a seat or wait for one, with the id of either: two queries."""
    seats = Membership.objects.filter(tenant=tenant, user__email_key__in=email_keys)
    waiting = pending_invitations(tenant).filter(email_key__in=email_keys)
    return dict(waiting.values_list("email_key", "id")) | dict(seats.values_list("user__email_key", "id"))


def invite_many(rows: Iterable[tuple[UUID, dict[str, Any]]], *, actor: Actor) -> None:
    """Store and mail invitations by their ids; the caller has checked and claimed them, and writes their history.

    Raises RateLimited.
    """
    made = [new_invitation({"id": identifier, **values}, actor=actor) for identifier, values in rows]
    forget_expired(actor.tenant, [invitation.email_key for invitation, _ in made])
    Invitation.objects.bulk_create(invitation for invitation, _ in made)
    for invitation, token in made:
        mail(invitation, token, actor=actor)
