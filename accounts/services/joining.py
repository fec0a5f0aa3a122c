"""Accepting an invitation: its token proves the address, and makes one seat."""

from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.models import Invitation, Membership, PendingRegistration, Tenant, User
from accounts.passwords import is_password_of, refuse_weak
from accounts.services import attempts
from accounts.services.members import LIMIT
from accounts.services.permissions import lock_team
from accounts.services.sessions import hash_of
from accounts.services.sign_in import check_second_factor
from accounts.services.tenants import make_seat
from nextgenerp.core import history
from nextgenerp.core.entitlements import entitlements, release
from nextgenerp.core.exceptions import (
    Conflict,
    Expired,
    Forbidden,
    Invalid,
    NotAuthenticated,
    SubscriptionRequired,
    Unavailable,
)
from nextgenerp.core.tenancy import Actor, tenant_context

GONE = "This invitation was used or taken back, or has expired. Ask for a new one."


def accept(
    token: str, *, password: str, signed_in: User | None, place: str, request_id: str = "", **names: str
) -> Membership:
    """Turn an invitation into a seat and return it; ``names`` are first_name and last_name, if given.

    A new user, or one whose address was never proved, sets a password. A verified one is ``signed_in`` or gives the
    password they have. Raises Expired, Invalid, NotAuthenticated, RateLimited, Forbidden, LimitReached, Conflict.
    """
    invitation = usable(token)
    user = User.objects.filter(email_key=invitation.email_key).first()
    hashed = None
    if user is not None and user.email_verified:
        prove(user, password, signed_in, place)
    else:
        if not password:
            raise Invalid.field("password", "required", "Choose a password.")
        refuse_weak("password", password, email=invitation.email, **names)
        hashed = make_password(password)
    if user is not None and not user.is_active:
        raise Forbidden("This account has been deactivated.", code="account_deactivated")
    with transaction.atomic():
        lock_team(invitation.tenant)
        return join(usable(token, lock=True), user, hashed, names, request_id)


def usable(token: str, *, lock: bool = False) -> Invitation:
    """The invitation of a token that can be accepted. Raises Expired."""
    found = Invitation.objects.filter(token_hash=hash_of(token), expires_at__gt=timezone.now())
    found = found.select_related("tenant")
    invitation = (found.select_for_update(of=("self",)) if lock else found).first()
    if invitation is None:
        raise Expired(GONE)
    return invitation


def prove(user: User, password: str, signed_in: User | None, place: str) -> None:
    """Hold whoever accepts for a known user to being that user. Raises NotAuthenticated, Forbidden, RateLimited."""
    if signed_in is not None and signed_in.id == user.id:
        return
    if not password:
        if signed_in is not None:
            raise Forbidden("This invitation is for another account than the one you are signed in as.")
        raise NotAuthenticated("There is an account with this address: sign in, or give its password.")
    attempts.refuse_exhausted(user.email_key, place)
    if not is_password_of(user, password):
        attempts.count_failure(user.email_key, place)
        raise NotAuthenticated("The address or the password is wrong.", code="invalid_credentials")
    attempts.refuse_exhausted(user.email_key, place)
    check_second_factor(user, "", place)  # whoever has one signs in first


def join(
    locked: Invitation, known: User | None, hashed: str | None, names: dict[str, str], request_id: str
) -> Membership:
    """Make the seat of a locked invitation; ``known`` and ``hashed`` are the user as seen, and their new password."""
    tenant = locked.tenant
    refuse_closed(tenant)
    user = proved_user(locked, known, hashed)
    own = Actor(user_id=user.id, role=locked.role, tenant=tenant, request_id=request_id)
    with tenant_context(tenant):
        if entitlements().read_only:
            raise SubscriptionRequired
        history.record(locked, "accepted", actor=own)
        Invitation.objects.filter(id=locked.id).delete()
        release(LIMIT)  # its place is the seat's, if the limit has not come down since
    return make_seat(tenant, user, locked.role, request_id=request_id, **seat_fields(locked, names))


def refuse_closed(tenant: Tenant) -> None:
    """Raises Forbidden ``tenant_suspended``, Unavailable."""
    if tenant.status != Tenant.Status.ACTIVE:
        raise Forbidden("This tenant is suspended.", code="tenant_suspended")
    if not tenant.schema_ready:
        raise Unavailable("This tenant is being migrated.", retry_after=60)


def seat_fields(invitation: Invitation, names: dict[str, str]) -> dict[str, Any]:
    first, last = (names.get(one) or getattr(invitation, one) for one in ("first_name", "last_name"))
    return {
        "first_name": first or ("" if last else invitation.email.partition("@")[0]),
        "last_name": last,
        "phone": invitation.phone,
        "permissions": invitation.permissions,
        "manager_id": invitation.manager_id,
    }


def proved_user(invitation: Invitation, known: User | None, hashed: str | None) -> User:
    """The user of a proved address, locked; made, or with the new password in place of any earlier one.

    Whoever registered the address before it was proved loses password and sessions. Raises Conflict.
    """
    user = User.objects.select_for_update().filter(email_key=invitation.email_key).first()
    if state_of(user) != state_of(known):
        raise Conflict("The account was changed at the same moment.")
    if hashed is None:
        assert user is not None
        return user
    if user is None:
        user = User(email=invitation.email, email_key=invitation.email_key)
    else:
        user.token_version += 1
    user.password, user.email_verified_at = hashed, timezone.now()
    user.save()
    PendingRegistration.objects.filter(email_key=invitation.email_key).delete()
    return user


def state_of(user: User | None) -> tuple[Any, ...]:
    return (user.password, user.email_verified, user.is_active) if user else ()
