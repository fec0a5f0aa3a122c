"""The conversation with Google: where to send a browser, and what the code it comes back with says about a person.

django-allauth writes the address and spends the code, PyJWT verifies the ID token (docs/adr/0007-google-sign-in.md).
"""

import secrets
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
import requests
import structlog
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.crypto import constant_time_compare

from nextgenerp.core.exceptions import DomainError, Forbidden, Invalid, NotConfigured, Unavailable

logger = structlog.get_logger(__name__)
PROVIDER = GoogleProvider.id
ISSUERS = ("https://accounts.google.com", "accounts.google.com")  # Google writes both
REQUIRED = ["iss", "aud", "exp", "iat", "sub", "nonce"]
LEEWAY = 30  # seconds by which Google's clock may differ
MAX_EMAIL, MAX_NAME = 254, 100
MAX_SUB = SocialAccount._meta.get_field("uid").max_length


@dataclass(frozen=True, slots=True)
class Attempt:
    """One browser on its way to Google and back; the nonce and the verifier tie Google's answer to it."""

    browser: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom Google has signed in, with an address that Google has verified."""

    sub: str
    email: str
    first_name: str
    last_name: str


def begin() -> tuple[Attempt, str]:
    """Begin an attempt; returns it with the address to send the browser to. Raises NotConfigured."""
    google = provider()
    challenge = google.get_pkce_params()
    attempt = Attempt(
        secrets.token_urlsafe(32),
        secrets.token_urlsafe(32),
        secrets.token_urlsafe(32),
        challenge.pop("code_verifier"),
    )
    client = client_of(google)
    client.state = attempt.state
    extra = {**challenge, "nonce": attempt.nonce, "prompt": "select_account"}
    return attempt, client.get_redirect_url(settings.GOOGLE_AUTHORIZE_URL, google.get_scope(), extra)


def provider() -> GoogleProvider:
    """Google as configured; never from the database. Raises NotConfigured."""
    if not (settings.GOOGLE_CLIENT_ID and settings.GOOGLE_CLIENT_SECRET):
        raise NotConfigured("Sign-in with Google has not been configured on this server.")
    app = SocialApp(
        provider=PROVIDER, client_id=settings.GOOGLE_CLIENT_ID, secret=settings.GOOGLE_CLIENT_SECRET,
        settings={"scope": ["openid", "email", "profile"], "oauth_pkce_enabled": True},
    )  # fmt: skip
    return GoogleProvider(None, app=app)


def client_of(google: GoogleProvider) -> OAuth2Client:
    callback = f"{settings.BASE_URL}/auth/google/callback"
    return OAuth2Client(
        None, google.app.client_id, google.app.secret, "POST", settings.GOOGLE_TOKEN_URL, callback
    )


def identify(code: str, attempt: Attempt) -> Identity:
    """Spend Google's code and say who signed in.

    Raises Unavailable ``google_unavailable``, Invalid (``google_refused``, ``invalid_id_token``), Forbidden
    ``email_not_verified``.
    """
    google = provider()
    claims = claims_of(id_token_of(google, code, attempt), google.app.client_id)
    if not constant_time_compare(str(claims["nonce"]), attempt.nonce):
        raise refusal("invalid_id_token", "nonce")
    if claims.get("email_verified") is not True:
        raise Forbidden("Google has not verified this address.", code="email_not_verified")
    return identity_of(google, claims)


def id_token_of(google: GoogleProvider, code: str, attempt: Attempt) -> str:
    """The ID token Google gives for a code. Raises Unavailable, Invalid."""
    try:
        answer = client_of(google).get_access_token(code, pkce_code_verifier=attempt.verifier)
    except requests.RequestException as error:  # unreachable, too slow, or no JSON
        raise unavailable(error) from None
    except (OAuth2Error, TypeError, KeyError) as error:  # another status, or JSON that is no token
        raise refusal("google_refused", type(error).__name__) from None
    raw = answer.get("id_token") if isinstance(answer, dict) else None
    if not isinstance(raw, str):
        raise refusal("google_refused", "no id_token")
    return raw


def claims_of(raw: str, client_id: str) -> dict[str, Any]:
    """Verify an ID token of ours: RS256 by one of Google's keys, and nothing the token itself chooses.

    Raises Unavailable, Invalid.
    """
    try:
        key = keys_at(settings.GOOGLE_KEYS_URL).get_signing_key_from_jwt(raw)
        return jwt.decode(
            raw, key.key, algorithms=["RS256"], audience=client_id, issuer=ISSUERS, leeway=LEEWAY,
            options={"require": REQUIRED, "strict_aud": True},
        )  # fmt: skip
    except jwt.PyJWKClientConnectionError as error:
        raise unavailable(error) from None
    except jwt.PyJWTError as error:
        raise refusal("invalid_id_token", type(error).__name__) from None
    except (OSError, ValueError, TypeError) as error:  # keys that broke off, are no JSON or no RSA keys
        raise unavailable(error) from None


@cache
def keys_at(address: str) -> jwt.PyJWKClient:
    """Google's keys, kept for five minutes and fetched anew for a key id that is not among them.

    No pause between fetches: a key id comes from Google over TLS, not from whoever calls us.
    """
    return jwt.PyJWKClient(address, timeout=settings.SOCIALACCOUNT_REQUESTS_TIMEOUT, cooldown_duration=0)


def identity_of(google: GoogleProvider, claims: dict[str, Any]) -> Identity:
    """A person in the form accounts keep them. Raises Invalid."""
    sub, found = google.extract_uid(claims), google.extract_common_fields(claims)
    email = found["email"] if isinstance(found["email"], str) else ""
    try:
        validate_email(email)
    except ValidationError:
        raise refusal("invalid_id_token", "email") from None
    if not 0 < len(sub) <= MAX_SUB or len(email) > MAX_EMAIL:  # PyJWT has seen to it that sub is a text
        raise refusal("invalid_id_token", "sub or email")
    first_name = plain(found["first_name"]) or plain(claims.get("name")) or plain(email.partition("@")[0])
    return Identity(sub, email, first_name, plain(found["last_name"]))


def plain(text: Any) -> str:
    """A name without control characters and broken ones, in one line."""
    if not isinstance(text, str):
        return ""
    kept = "".join(" " if unicodedata.category(one) in {"Cc", "Cs"} else one for one in text)
    return " ".join(kept.split())[:MAX_NAME].strip()


def unavailable(error: Exception) -> DomainError:
    logger.warning("google_unavailable", error=type(error).__name__)
    return Unavailable("Google could not be reached.", code="google_unavailable")


def refusal(code: str, reason: str) -> DomainError:
    """A refusal whose reason goes to the log alone; what Google sent goes nowhere."""
    logger.warning("google_sign_in_refused", code=code, reason=reason)
    return Invalid("Google's answer could not be accepted.", code=code)
