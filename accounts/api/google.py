"""/auth/google*: to Google and back, and the exchange of the one-time code this ends with."""

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare
from rest_framework.response import Response

from accounts.api import serializers as shapes
from accounts.api.auth_views import AuthView, session_answer
from accounts.services import google, google_sign_in
from accounts.services.google import Attempt
from nextgenerp.core.api.addresses import client_address
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.permissions import PUBLIC
from nextgenerp.core.exceptions import DomainError, Invalid

COOKIE = {"key": "google_sign_in", "path": "/auth/google", "samesite": "Lax"}
COOKIE_LIFE = 600  # seconds to sign in at Google
SALT = "accounts.google"


def redirect(address: str) -> Response:
    return Response(status=302, headers={"Location": address})


def to_front_end(**parameters: str) -> Response:
    return redirect(f"{settings.FRONTEND_URL}/login?{urlencode(parameters)}")


def remember(response: Response, content: dict[str, str]) -> Response:
    """Leave something with the browser that only we can write and no script can read."""
    response.set_cookie(
        **COOKIE, value=signing.dumps(content, salt=SALT), max_age=COOKIE_LIFE, httponly=True,
        secure=settings.SECURE_SSL,
    )  # fmt: skip
    return response


def forget(response: Response) -> Response:
    response.delete_cookie(**COOKIE)
    return response


def remembered(request: Any) -> dict[str, str]:
    """What was left with the browser; empty where it was not by us or is too old."""
    try:
        return signing.loads(request.COOKIES.get(COOKIE["key"], ""), salt=SALT, max_age=COOKIE_LIFE)
    except signing.BadSignature:
        return {}


class GoogleView(AuthView):
    permission_actions = {"begin": PUBLIC}
    answers = {"begin": Answer(None, 302)}

    def begin(self, request: Any) -> Response:
        """Send the browser to Google to sign in; it comes back to `/auth/google/callback`."""
        attempt, address = google.begin()
        return remember(redirect(address), asdict(attempt))


class GoogleCallbackView(AuthView):
    permission_actions = {"callback": PUBLIC}
    answers = {"callback": Answer(None, 302)}
    query_parameters = {"callback": ("code", "state", "error")}
    accepts_any_parameter = True  # Google adds what it likes

    def callback(self, request: Any) -> Response:
        """Take the browser back from Google and send it to the front end's `/login`, with a one-time `code` for
        `/auth/google/exchange` (60 seconds, in the same browser) or with an `error`: its code."""
        google.provider()
        content = remembered(request)
        state = content.get("state")
        if not state or not constant_time_compare(request.GET.get("state", ""), state):
            return to_front_end(error="invalid_state")  # not this browser's attempt, which may still go on
        try:
            code = self.admit(Attempt(**content))
        except DomainError as refusal:
            return forget(to_front_end(error=refusal.code))
        return remember(to_front_end(code=code), {"browser": content["browser"]})

    def admit(self, attempt: Attempt) -> str:
        given = self.request.GET
        if "error" in given or not given.get("code"):
            cancelled = given.get("error") == "access_denied"
            raise Invalid(code="access_denied" if cancelled else "google_refused")
        identity = google.identify(given["code"], attempt)
        return google_sign_in.admit(
            identity, browser=attempt.browser, request_id=self.request._request.request_id
        )


class GoogleExchangeView(AuthView):
    permission_actions = {"exchange": PUBLIC}
    bodies = {"exchange": shapes.GoogleExchangeSerializer}
    answers = {"exchange": shapes.SessionSerializer}

    def exchange(self, request: Any) -> Response:
        """Exchange the one-time code of the callback for tokens, in the browser that signed in (its cookie is
        needed); super-admins give the code of their authenticator as `totp`."""
        values = self.validated(shapes.GoogleExchangeSerializer)
        signed_in, tokens = google_sign_in.exchange(
            **values, browser=remembered(request).get("browser", ""), place=client_address(request)
        )
        return forget(session_answer(signed_in.user, signed_in.seat, signed_in.seats, tokens))
