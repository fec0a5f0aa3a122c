"""New passwords: by a code mailed to the address, or by whoever knows the current one. Either ends all sessions."""

from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, PendingRegistration, Session, User, normal_email
from accounts.passwords import is_password_of, refuse_weak
from accounts.selectors import first_name_of
from accounts.services import attempts, codes, sessions
from accounts.services.codes import Purpose
from accounts.services.registration import MINUTES
from accounts.services.sessions import Tokens
from nextgenerp.core.exceptions import Conflict, DomainError, Invalid
from nextgenerp.mail.services import send


@transaction.atomic
def ask_for_reset(email: str) -> None:
    """Let a code for a new password be mailed, if the address has an account."""
    codes.ask(normal_email(email), Purpose.RESET)


@transaction.atomic
def send_code(email_key: str) -> None:
    """Mail the code that was asked for to the account's own address; nothing where there is no account."""
    user = User.objects.filter(email_key=email_key, is_active=True).first()
    code = codes.make(email_key, Purpose.RESET) if user else None
    if user and code:
        send("reset", user.email, {"name": first_name_of(user), "code": code, "minutes": MINUTES})


def reset(email: str, code: str, password: str) -> None:
    """Set a new password by a mailed code, which proves the address too; every session ends.

    One transaction, except that a wrong try counts. Raises Invalid, ``invalid_otp``; RateLimited ``otp_locked``.
    """
    refuse_weak("newPassword", password, email=email)
    email_key, hashed = normal_email(email), make_password(password)
    with transaction.atomic():
        refusal = codes.use(email_key, Purpose.RESET, code) or replace_password(email_key, hashed)
    if refusal is not None:
        raise refusal


def replace_password(email_key: str, hashed: str) -> DomainError | None:
    user = User.objects.select_for_update().filter(email_key=email_key).first()
    if user is None:
        return Invalid("The code is wrong or no longer valid.", code="invalid_otp")
    user.email_verified_at = user.email_verified_at or timezone.now()
    PendingRegistration.objects.filter(email_key=email_key).delete()
    store(user, hashed)
    return None


def change(
    user: User, seat_id: UUID | None, current: str, new: str, *, place: str, session_id: UUID | None
) -> Tokens:
    """Set a new password and begin the one session that goes on, in the place of the caller's.

    Raises Conflict ``no_password``, Invalid, RateLimited.
    """
    if not user.has_usable_password():
        raise Conflict("There is no password yet: use forgot-password to set one.", code="no_password")
    attempts.refuse_exhausted(user.email_key, place)
    if not is_password_of(user, current):
        attempts.count_failure(user.email_key, place)
        raise Invalid.field("currentPassword", "incorrect_password", "This is not your current password.")
    refuse_weak("newPassword", new, email=user.email)
    hashed = make_password(new)
    with transaction.atomic():
        locked = User.objects.select_for_update().get(id=user.id)
        if locked.password != user.password:
            raise Conflict("The password was changed at the same moment.")
        running = Session.objects.filter(id=session_id, user=locked).first() if session_id else None
        store(locked, hashed)
        seat = Membership.objects.filter(id=seat_id).first() if seat_id else None
        return sessions.begin(
            locked, seat,
            second_factor=running is not None and running.second_factor,
            expires_at=running.expires_at if running else None,
        )  # fmt: skip


def store(user: User, hashed: str) -> None:
    """Store a hash and end every session of the user; the caller holds the user's row lock."""
    user.password = hashed
    user.token_version += 1
    user.save(update_fields=["password", "token_version", "email_verified_at", "updated_at"])
