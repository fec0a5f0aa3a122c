"""Sessions: begun at sign-in, carried on by refresh tokens that work once, ended by log-out or theft."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Membership, RefreshToken, Session, User
from accounts.tokens import AccessToken
from nextgenerp.core.exceptions import DomainError, Forbidden, NotAuthenticated

logger = structlog.get_logger(__name__)
CONSUME = """
    UPDATE public.refresh_token SET consumed_at = now() WHERE token_hash = %s AND consumed_at IS NULL
    RETURNING session_id
"""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair for the client; ``expires_in`` is of the access token, in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int


@transaction.atomic
def begin(
    user: User, seat: Membership | None, *, second_factor: bool = False, expires_at: datetime | None = None
) -> Tokens:
    """Begin a session of a user in a seat, of 30 days at most."""
    session = Session.objects.create(
        user=user, seat=seat, token_version=user.token_version, second_factor=second_factor,
        expires_at=expires_at or timezone.now() + settings.REFRESH_TOKEN_LIFETIME,
    )  # fmt: skip
    return issue(session)


def issue(session: Session) -> Tokens:
    """Make the next pair of a session; it works once the caller's transaction commits."""
    raw = secrets.token_urlsafe(32)
    RefreshToken.objects.create(token_hash=hash_of(raw), session=session)
    access = AccessToken.issue(session.user, session.seat, session)
    return Tokens(str(access), raw, int(AccessToken.lifetime.total_seconds()))


def refresh(raw: str) -> Tokens:
    """Spend a refresh token for a new pair; one that was spent before ends its whole session.

    Raises NotAuthenticated (``token_revoked``, ``token_expired``), Forbidden (``account_deactivated``); what the
    attempt did to the session is committed all the same.
    """
    token_hash = hash_of(raw)
    with transaction.atomic():
        session = consume(token_hash)
        if session is None:
            refusal: DomainError | None = refuse_unspendable(token_hash)
        else:
            refusal = refusal_of(session)
        if refusal is None:
            assert session is not None
            return issue(session)
    raise refusal


def consume(token_hash: str) -> Session | None:
    """Spend a token; None when it was spent before or never existed."""
    with connection.cursor() as cursor:
        cursor.execute(CONSUME, [token_hash])
        row = cursor.fetchone()
    return Session.objects.select_related("user", "seat__tenant").get(id=row[0]) if row else None


def refuse_unspendable(token_hash: str) -> NotAuthenticated:
    """The refusal of a token that could not be spent; the session of a spent one ends."""
    token = RefreshToken.objects.select_related("session").filter(token_hash=token_hash).first()
    if token is None:
        return NotAuthenticated("The refresh token is not valid.")
    if end(token.session_id, token.session.user_id):
        logger.warning("refresh_token_reused", user=str(token.session.user_id), session=str(token.session_id))
    return NotAuthenticated("This session has ended.", code="token_revoked")


def refusal_of(session: Session) -> DomainError | None:
    """Why a session does not go on, None when it does."""
    user, seat = session.user, session.seat
    if session.revoked_at is not None or session.token_version != user.token_version:
        return NotAuthenticated("This session has ended.", code="token_revoked")
    if session.expires_at <= timezone.now():
        return NotAuthenticated("This session has expired. Sign in again.", code="token_expired")
    if not user.is_active or (seat is not None and not seat.is_active):
        return Forbidden("This account has been deactivated.", code="account_deactivated")
    return None


def end(session_id: UUID, user_id: UUID) -> bool:
    """End one session of a user; False when it had ended before."""
    running = Session.objects.filter(id=session_id, user_id=user_id, revoked_at=None)
    return bool(running.update(revoked_at=timezone.now()))


def end_by_token(raw: str, user_id: UUID) -> bool:
    """End the session a refresh token belongs to, if it is one of the user's."""
    token = RefreshToken.objects.filter(token_hash=hash_of(raw), session__user_id=user_id).first()
    return token is not None and end(token.session_id, user_id)


def hash_of(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()
