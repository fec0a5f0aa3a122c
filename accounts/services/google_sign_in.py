"""Signing in with Google: whose account it is, and the one-time code that the front end exchanges for tokens."""

import secrets
from datetime import timedelta

import structlog
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import GoogleCode, Membership, PendingRegistration, User, normal_email
from accounts.selectors import preferred_seat
from accounts.services import attempts
from accounts.services.google import PROVIDER, Identity
from accounts.services.sessions import Tokens, hash_of
from accounts.services.sign_in import SignedIn, begin_session, check_second_factor, usable_seats
from accounts.services.tenants import open_organization
from nextgenerp.core.exceptions import Conflict, Invalid

logger = structlog.get_logger(__name__)
CODE_LIFE = timedelta(seconds=60)


def admit(identity: Identity, *, browser: str, request_id: str = "") -> str:
    """Find, link or open the account of a person and return a one-time code for their browser.

    Raises Forbidden ``account_deactivated``, Conflict ``other_google_account``; then nothing is written.
    """
    try:
        return give_code(identity, browser, request_id)
    except IntegrityError:  # the same person or address came in by another way at this moment
        return give_code(identity, browser, request_id)


@transaction.atomic
def give_code(identity: Identity, browser: str, request_id: str) -> str:
    user = user_of(identity, request_id)
    usable_seats(user)
    code = secrets.token_urlsafe(32)
    GoogleCode.objects.create(
        code_hash=hash_of(code),
        browser_hash=hash_of(browser),
        user=user,
        expires_at=timezone.now() + CODE_LIFE,
    )
    return code


def user_of(identity: Identity, request_id: str) -> User:
    """The user linked to a Google account, else the one with its address, who is linked from now on."""
    links = SocialAccount.objects.filter(provider=PROVIDER)
    link = links.select_related("user").filter(uid=identity.sub).first()
    if link is not None:
        return link.user
    user = user_with_address(identity, request_id)
    link = links.filter(user=user).first()  # looked at under the user's lock
    if link is None:
        SocialAccount.objects.create(user=user, provider=PROVIDER, uid=identity.sub)
        logger.info("google_linked", user=str(user.id))
    elif link.uid != identity.sub:
        raise Conflict("Another Google account is linked to this one.", code="other_google_account")
    return user


def user_with_address(identity: Identity, request_id: str) -> User:
    """The user of an address that Google has verified, under their row lock; made where there is none.

    Whatever was waiting for the address to be proved ends: a registration, and the password and the sessions of an
    account somebody else may have made with it. Registrations are locked before users, as everywhere.
    """
    email_key = normal_email(identity.email)
    PendingRegistration.objects.filter(email_key=email_key).delete()
    user = User.objects.select_for_update().filter(email_key=email_key).first()
    if user is not None and user.email_verified_at is not None:
        return user
    if user is None:
        user = User(email=identity.email, email_key=email_key)
    else:
        user.token_version += 1
    user.set_unusable_password()
    user.email_verified_at = timezone.now()
    user.save()
    if not Membership.objects.filter(user=user).exists():
        name = f"{identity.first_name} {identity.last_name}".strip()[:200]
        open_organization(
            name, user, request_id=request_id, first_name=identity.first_name, last_name=identity.last_name
        )
    return user


def exchange(code: str, *, browser: str, totp: str = "", place: str) -> tuple[SignedIn, Tokens]:
    """Spend a code in the browser it was made for and begin the session.

    A super-admin gives the second factor as well; a code is not spent before it is right. Raises Invalid
    ``invalid_code``, NotAuthenticated (``totp_required``, ``invalid_totp``), Forbidden, RateLimited.
    """
    live = GoogleCode.objects.select_related("user").filter(
        code_hash=hash_of(code), browser_hash=hash_of(browser), expires_at__gt=timezone.now()
    )
    found = live.first()
    if found is None:
        raise unknown_code()
    user = found.user
    attempts.refuse_exhausted(user.email_key, place)
    seats = usable_seats(user)
    signed_in = SignedIn(user, preferred_seat(user, seats), seats, check_second_factor(user, totp, place))
    with transaction.atomic():
        spent, _ = GoogleCode.objects.filter(id=found.id).delete()
        if not spent:
            raise unknown_code()
        return signed_in, begin_session(signed_in)


def unknown_code() -> Invalid:
    return Invalid("The code is wrong, used, expired or of another browser.", code="invalid_code")
