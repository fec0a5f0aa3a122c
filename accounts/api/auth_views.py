"""/auth/*: signing up, signing in and out, and going from tenant to tenant."""

from dataclasses import asdict
from typing import Any

from rest_framework.response import Response

from accounts.api import serializers as shapes
from accounts.models import Membership, User
from accounts.selectors import seats_of_user
from accounts.services import password_changes, registration, sessions
from accounts.services import sign_in as signing_in
from accounts.services.sessions import Tokens
from accounts.services.sign_in import SignedIn
from nextgenerp.core.api.addresses import client_address
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.permissions import PUBLIC, USER
from nextgenerp.core.api.resources import unpaged
from nextgenerp.core.api.views import ApiView
from nextgenerp.core.exceptions import Forbidden
from nextgenerp.database.ids import parse_id


def session_answer(user: User, seat: Membership | None, seats: list[Membership], tokens: Tokens) -> Response:
    """A new session: its tokens, and who the client acts as from now on."""
    content = {
        **asdict(tokens),
        "user": user,
        "tenant": seat.tenant if seat else None,
        "seat": seat,
        "role": seat.role if seat else "super_admin",
        "tenants": seats,
        "permissions": seat.grants if seat else {},
    }
    return Response(shapes.SessionSerializer(content, context={"seat_id": seat.id if seat else None}).data)


class AuthView(ApiView):
    """Answers hold secrets, so that no Idempotency-Key keeps them; whatever the tenant's state, people get in here."""

    rate_policy = "auth"
    keyed = False
    acts_in_tenant = False


class RegistrationView(AuthView):
    permission_actions = {"register": PUBLIC, "verify": PUBLIC, "resend": PUBLIC}
    bodies = {
        "register": shapes.RegisterSerializer,
        "verify": shapes.VerifySerializer,
        "resend": shapes.AddressSerializer,
    }
    answers = {
        "register": Answer(shapes.RegisteredSerializer, 201),
        "verify": shapes.SessionSerializer,
        "resend": shapes.AddressSerializer,
    }

    def register(self, request: Any) -> Response:
        """Keep a registration and mail a code for `verify-otp`. An address that has an account gets the same answer."""
        values = self.validated(shapes.RegisterSerializer)
        registration.register(**values)
        return Response({"email": values["email"], "requiresVerification": True}, status=201)

    def verify(self, request: Any) -> Response:
        """Prove the address of a registration by its code; opens the account and signs in."""
        values = self.validated(shapes.VerifySerializer)
        seat = registration.verify(values["email"], values["otp"], request_id=request._request.request_id)
        tokens = signing_in.begin_session(SignedIn(seat.user, seat, [seat], None))
        return session_answer(seat.user, seat, [seat], tokens)

    def resend(self, request: Any) -> Response:
        """Mail another code, once a minute and five times an hour at most. The answer is always the same."""
        values = self.validated(shapes.AddressSerializer)
        registration.resend(values["email"])
        return Response(values)


class PasswordResetView(AuthView):
    permission_actions = {"forgot": PUBLIC, "reset": PUBLIC}
    bodies = {"forgot": shapes.AddressSerializer, "reset": shapes.ResetSerializer}
    answers = {"forgot": shapes.AddressSerializer, "reset": shapes.AddressSerializer}

    def forgot(self, request: Any) -> Response:
        """Mail a code for `reset-password`, if the address has an account. The answer is always the same."""
        values = self.validated(shapes.AddressSerializer)
        password_changes.ask_for_reset(values["email"])
        return Response(values)

    def reset(self, request: Any) -> Response:
        """Set a new password by the mailed code. All sessions end; the address counts as verified."""
        values = self.validated(shapes.ResetSerializer)
        password_changes.reset(values["email"], values["otp"], values["new_password"])
        return Response({"email": values["email"]})


class SessionView(AuthView):
    permission_actions = {"login": PUBLIC, "refresh": PUBLIC, "logout": USER}
    bodies = {
        "login": shapes.LoginSerializer,
        "refresh": shapes.RefreshSerializer,
        "logout": shapes.LogoutSerializer,
    }
    answers = {
        "login": shapes.SessionSerializer,
        "refresh": shapes.TokensSerializer,
        "logout": Answer(None, 204),
    }

    def login(self, request: Any) -> Response:
        """Sign in by password; super-admins give the code of their authenticator as `totp`."""
        values = self.validated(shapes.LoginSerializer)
        signed_in = signing_in.sign_in(**values, place=client_address(request))
        tokens = signing_in.begin_session(signed_in)
        return session_answer(signed_in.user, signed_in.seat, signed_in.seats, tokens)

    def refresh(self, request: Any) -> Response:
        """Exchange a refresh token for a new pair. It works once: used again, it ends the session."""
        tokens = sessions.refresh(self.validated(shapes.RefreshSerializer)["refresh_token"])
        return Response(shapes.TokensSerializer(asdict(tokens)).data)

    def logout(self, request: Any) -> Response:
        """End the session of the access token, and that of a refresh token given."""
        raw = self.validated(shapes.LogoutSerializer)["refresh_token"]
        if raw:
            sessions.end_by_token(raw, self.actor.user_id)
        session_id = parse_id(request.auth.get("sid"))
        if session_id:
            sessions.end(session_id, self.actor.user_id)
        return Response(status=204)


class TenantsView(AuthView):
    permission_actions = {"list": USER, "switch": USER}
    bodies = {"switch": shapes.SwitchSerializer}
    answers = {"list": Answer(shapes.TenantRowSerializer, many=True), "switch": shapes.SessionSerializer}

    def list(self, request: Any) -> Response:
        """The tenants the user may act in."""
        seats = seats_of_user(request.user)
        context = {"seat_id": self.actor.seat_id}
        return unpaged(shapes.TenantRowSerializer(seats, many=True, context=context).data)

    def switch(self, request: Any) -> Response:
        """Begin a session in another of the user's tenants. The current token keeps its own tenant."""
        if self.actor.impersonated:
            raise Forbidden("Not while impersonating.")
        tenant_id = parse_id(self.validated(shapes.SwitchSerializer)["tenant_id"])
        seat, seats, tokens = signing_in.switch_tenant(
            request.user, tenant_id, session_id=parse_id(request.auth.get("sid"))
        )
        return session_answer(request.user, seat, seats, tokens)
