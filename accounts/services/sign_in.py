"""Signing in with a password, at the API and at the console alike, and changing to another tenant."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone

from accounts.models import (
    Authenticator,
    Membership,
    PendingRegistration,
    Session,
    Tenant,
    User,
    normal_email,
)
from accounts.passwords import NO_PASSWORD, is_password_of
from accounts.selectors import preferred_seat, seats_of_user
from accounts.services import attempts, sessions
from accounts.services.sessions import Tokens
from nextgenerp.core.exceptions import Forbidden, NotAuthenticated, NotFound, RateLimited

NOT_VERIFIED = "This address is not verified yet. Enter the code that was mailed to it."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in, where they land, and all they may go to; ``device`` is the second factor they showed."""

    user: User
    seat: Membership | None
    seats: list[Membership]
    device: Authenticator | None


def sign_in(email: str, password: str, *, totp: str = "", place: str) -> SignedIn:
    """Check who somebody is, from a place (an IP address).

    Raises NotAuthenticated (``invalid_credentials``, ``totp_required``, ``invalid_totp``), RateLimited, Forbidden
    (``email_not_verified``, ``account_deactivated``).
    """
    email_key = normal_email(email)
    attempts.refuse_exhausted(email_key, place)
    user = User.objects.filter(email_key=email_key).first()
    if not is_password_of(user, password):
        refuse_unknown(email_key, password, place)
    attempts.refuse_exhausted(email_key, place)
    assert user is not None
    if user.email_verified_at is None:
        raise Forbidden(NOT_VERIFIED, code="email_not_verified")
    seats = usable_seats(user)
    device = check_second_factor(user, totp, place)
    attempts.forget(email_key, place)
    return SignedIn(user, preferred_seat(user, seats), seats, device)


def usable_seats(user: User) -> list[Membership]:
    """The seats a user may sign in to; none for a super-admin without one. Raises Forbidden."""
    seats = seats_of_user(user)
    if not user.is_active or not (seats or user.is_super_admin):
        raise Forbidden("This account has been deactivated.", code="account_deactivated")
    return seats


def refuse_unknown(email_key: str, password: str, place: str) -> None:
    """Refuse what is not the password of an account.

    A registration's own password says that the address is not proved yet, whether or not somebody else has an
    account there: who registers an address cannot find out. Always hashes once. Raises Forbidden, NotAuthenticated.
    """
    pending = (
        PendingRegistration.objects.filter(email_key=email_key).values_list("password", flat=True).first()
    )
    if check_password(password, pending or NO_PASSWORD):
        raise Forbidden(NOT_VERIFIED, code="email_not_verified")
    attempts.count_failure(email_key, place)
    raise NotAuthenticated("The address or the password is wrong.", code="invalid_credentials")


def check_second_factor(user: User, code: str, place: str) -> Authenticator | None:
    """Hold a super-admin to their second factor; others have none. Raises NotAuthenticated, RateLimited."""
    if not (user.is_super_admin and settings.SUPER_ADMIN_TOTP):
        return None
    if not code:
        raise NotAuthenticated("Give the code of your authenticator as totp as well.", code="totp_required")
    with transaction.atomic():  # a failure counts, and a code works once, whatever happens at the same time
        device = Authenticator.objects.select_for_update().filter(user=user, confirmed=True).first()
        allowed, reason = device.verify_is_allowed() if device else (True, None)
        right = bool(device and allowed and device.verify_token(code))
    if not allowed and reason:
        wait = int((reason["locked_until"] - timezone.now()).total_seconds()) + 1
        raise RateLimited("Too many wrong codes. Try again later.", retry_after=max(1, wait))
    if not right:
        attempts.count_failure(user.email_key, place)
        raise NotAuthenticated("The code of the authenticator is wrong.", code="invalid_totp")
    return device


@transaction.atomic
def begin_session(signed_in: SignedIn) -> Tokens:
    """Begin the session of somebody who has just signed in, and note when and where."""
    note_use(signed_in.user, signed_in.seat)
    return sessions.begin(signed_in.user, signed_in.seat, second_factor=signed_in.device is not None)


def note_use(user: User, seat: Membership | None) -> None:
    now = timezone.now()
    used: dict[str, Any] = {"last_login": now}
    if seat is not None:
        used["last_tenant_id"] = seat.tenant_id
        Membership.objects.filter(id=seat.id).update(last_login_at=now)
    User.objects.filter(id=user.id).update(**used)


@transaction.atomic
def switch_tenant(
    user: User, tenant_id: UUID | None, *, session_id: UUID | None
) -> tuple[Membership, list[Membership], Tokens]:
    """Begin a session in another tenant of the user's, ending when the current one does; that one goes on.

    Raises NotFound, Forbidden ``tenant_suspended``.
    """
    seats = seats_of_user(user)
    seat = next((one for one in seats if one.tenant_id == tenant_id), None)
    if seat is None:
        raise NotFound
    if seat.tenant.status != Tenant.Status.ACTIVE:
        raise Forbidden("This tenant is suspended.", code="tenant_suspended")
    User.objects.filter(id=user.id).update(last_tenant_id=seat.tenant_id)
    current = Session.objects.filter(id=session_id, user=user).first() if session_id else None
    tokens = sessions.begin(
        user, seat,
        second_factor=current is not None and current.second_factor,
        expires_at=current.expires_at if current else None,
    )  # fmt: skip
    return seat, seats, tokens
