"""Signing up: a registration waits until its address is proved, then becomes user, organization and root tenant.

Asking never looks at who exists: that is the worker's business, so neither the answer nor its time can tell.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, PendingRegistration, User, normal_email
from accounts.passwords import refuse_weak
from accounts.selectors import first_name_of
from accounts.services import codes
from accounts.services.codes import Purpose
from accounts.services.tenants import open_organization
from nextgenerp.core.exceptions import DomainError, Invalid
from nextgenerp.mail.services import send

MINUTES = int(codes.LIFE.total_seconds() // 60)


def register(email: str, password: str, **details: Any) -> None:
    """Keep a registration (``details``: first_name, last_name, phone, company_name, gstin, state_code) and let a code
    be mailed. It replaces an earlier one of the address, whose code is dead from now on. Raises Invalid.
    """
    refuse_weak(
        "password", password, email=email, first_name=details["first_name"], last_name=details["last_name"]
    )
    email_key = normal_email(email)
    pending = PendingRegistration(
        email=email, email_key=email_key, password=make_password(password), details=details
    )
    with transaction.atomic():
        codes.ask(email_key, Purpose.VERIFY, replace=True)
        PendingRegistration.objects.bulk_create(
            [pending],
            update_conflicts=True,
            unique_fields=["email_key"],
            update_fields=["email", "password", "details", "created_at"],
        )


@transaction.atomic
def resend(email: str) -> None:
    """Let another code be mailed, if the address has a registration and none was asked for in the last minute."""
    codes.ask(normal_email(email), Purpose.VERIFY)


@transaction.atomic
def send_code(email_key: str) -> None:
    """Mail the code that was asked for; to an address with an account, that it has one."""
    pending = PendingRegistration.objects.filter(email_key=email_key).first()
    if pending is None:
        return
    user = User.objects.filter(email_key=email_key).exclude(email_verified_at=None).first()
    if user is not None:
        sign_in_url = f"{settings.FRONTEND_URL}/login"
        send("already_registered", user.email, {"name": first_name_of(user), "sign_in_url": sign_in_url})
        return
    code = codes.make(email_key, Purpose.VERIFY)
    if code is not None:
        send("otp", pending.email, {"name": "there", "code": code, "minutes": MINUTES})


def verify(email: str, code: str, *, request_id: str = "") -> Membership:
    """Prove an address and open what was registered for it; returns the owner's seat.

    One transaction, except that a wrong try counts. Raises Invalid ``invalid_otp``, RateLimited ``otp_locked``.
    """
    email_key = normal_email(email)
    with transaction.atomic():
        outcome: Membership | DomainError = codes.use(email_key, Purpose.VERIFY, code) or open_registered(
            email_key, request_id
        )
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


def open_registered(email_key: str, request_id: str) -> Membership | DomainError:
    """Turn the pending registration of a proved address into a user with an organization."""
    pending = PendingRegistration.objects.select_for_update().filter(email_key=email_key).first()
    user = User.objects.select_for_update().filter(email_key=email_key).first()
    if pending is None or (user is not None and user.email_verified_at is not None):
        return Invalid("The code is wrong or no longer valid.", code="invalid_otp")
    if user is None:
        user = User(email=pending.email, email_key=email_key)
    else:  # made by somebody else before the address was proved: no password or session of then lives on
        user.token_version += 1
    user.password, user.email_verified_at = pending.password, timezone.now()
    user.save()
    details = dict(pending.details)
    pending.delete()
    seat = open_organization(details.pop("company_name"), user, request_id=request_id, **details)
    user.last_tenant_id = seat.tenant_id
    user.save(update_fields=["last_tenant_id"])
    return seat
