"""From an access token to who acts: signature, then user, seat and tenant in one query."""

from typing import Any

import structlog
from django.conf import settings
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts.acting import load_seat, load_user
from accounts.models import Membership, User
from accounts.tokens import AccessToken, read_access_token
from nextgenerp.core.exceptions import Forbidden, NotAuthenticated
from nextgenerp.core.tenancy import Actor


class SeatAuthentication(JWTAuthentication):
    """Puts ``request.actor`` beside ``request.user``; the tenant comes from the verified token alone."""

    def authenticate(self, request: Any) -> tuple[User, AccessToken] | None:
        header = self.get_header(request)
        raw = self.get_raw_token_or_none(header)
        if raw is None:
            return None
        token = read_access_token(raw)
        user, seat = load(token)
        request.actor = request._request.actor = actor_of(user, seat, token, request._request.request_id)
        structlog.contextvars.bind_contextvars(
            user=str(user.id), tenant=seat.tenant.schema_name if seat else None
        )
        return user, token

    def get_raw_token_or_none(self, header: bytes | None) -> bytes | None:
        try:
            return self.get_raw_token(header) if header else None
        except InvalidToken:
            raise NotAuthenticated("The Authorization header is not `Bearer <token>`.") from None


def load(token: AccessToken) -> tuple[User, Membership | None]:
    """The user and the seat of a token as they are now, with one query. Raises NotAuthenticated, Forbidden."""
    seat: Membership | None = None
    if token.get("seat"):
        seat, alive = load_seat(token["seat"], token["sub"], token.get("sid"))
        user = seat.user if seat else None
    else:
        user, alive = load_user(token["sub"], token.get("sid"))
    if user is None or not alive or user.token_version != token["ver"]:
        raise NotAuthenticated("This session has ended.", code="token_revoked")
    if not user.is_active or (seat is not None and not seat.is_active):
        raise Forbidden("This account has been deactivated.", code="account_deactivated")
    return user, seat


def actor_of(user: User, seat: Membership | None, token: AccessToken, request_id: str) -> Actor:
    """Who acts. A super-admin is one only with the second factor, and not while impersonating."""
    impersonated = bool(token.get("imp"))
    trusted = bool(token.get("mfa")) or not settings.SUPER_ADMIN_TOTP
    return Actor(
        user_id=user.id,
        seat_id=seat.id if seat else None,
        name=seat.name if seat else "",
        role=seat.role if seat else "super_admin" if user.is_super_admin else "",
        grants=seat.grants if seat else {},
        is_super_admin=user.is_super_admin and trusted and not impersonated,
        tenant=seat.tenant if seat else None,
        request_id=request_id,
        impersonated=impersonated,
    )
