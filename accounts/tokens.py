"""Access tokens: simplejwt's, with our claims, our key and the previous one still verifying."""

from typing import Any

from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import (
    ExpiredTokenError,
    TokenBackendError,
    TokenBackendExpiredToken,
    TokenError,
)
from rest_framework_simplejwt.tokens import AccessToken as JwtAccessToken

from accounts.models import Membership, Session, User
from nextgenerp.core.exceptions import NotAuthenticated
from nextgenerp.database.ids import parse_id

MAX_TOKEN = 4096


def backend(key: str) -> TokenBackend:
    jwt = settings.SIMPLE_JWT
    return TokenBackend(jwt["ALGORITHM"], key, audience=jwt["AUDIENCE"], issuer=jwt["ISSUER"])


class AccessToken(JwtAccessToken):
    """Claims ``sub``, ``tenant``, ``seat``, ``ver``, ``iss``, ``aud``; 15 minutes.

    One of a session has ``sid`` as well and ends with it; ``mfa`` says that a second factor was shown.
    """

    @classmethod
    def issue(cls, user: User, seat: Membership | None, session: Session | None = None) -> "AccessToken":
        token = cls()
        token["sub"] = str(user.id)
        token["ver"] = user.token_version
        if seat is not None:
            token["seat"] = str(seat.id)
            token["tenant"] = str(seat.tenant_id)
        if session is not None:
            token["sid"] = str(session.id)
            if session.second_factor:
                token["mfa"] = True
        return token


class PreviousKeyToken(AccessToken):
    """Verifies with the key before the current one, so that a new key ends no session."""

    def get_token_backend(self) -> TokenBackend:
        return backend(settings.JWT_PREVIOUS_SIGNING_KEY)


def read_access_token(raw: bytes) -> AccessToken:
    """Verify a token. Raises NotAuthenticated (``token_expired`` when only its time is over)."""
    if len(raw) > MAX_TOKEN:
        raise NotAuthenticated("The access token is not valid.")
    kinds: list[type[AccessToken]] = [AccessToken]
    if settings.JWT_PREVIOUS_SIGNING_KEY:
        kinds.append(PreviousKeyToken)
    for kind in kinds:
        try:
            return checked(kind(raw))
        except (ExpiredTokenError, TokenBackendExpiredToken):
            raise NotAuthenticated("The access token has expired.", code="token_expired") from None
        except (TokenError, TokenBackendError):
            continue
    raise NotAuthenticated("The access token is not valid.")


def checked(token: AccessToken) -> AccessToken:
    """Hold a token to the claims every one of ours has. Raises TokenError."""
    claims: dict[str, Any] = token.payload
    ids = [claims[name] for name in ("sub", "seat", "sid") if name in claims]
    if "sub" not in claims or not all(parse_id(one) for one in ids) or not isinstance(claims.get("ver"), int):
        raise TokenError("claims")
    return token
