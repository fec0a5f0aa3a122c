"""/users/me: one's own profile and password."""

from dataclasses import asdict
from typing import Any

from django.db import transaction
from rest_framework.response import Response

from accounts.api import serializers as shapes
from accounts.api.auth_views import AuthView
from accounts.models import Membership
from accounts.selectors import features_and_limits
from accounts.services import password_changes, profile
from nextgenerp.core.api.addresses import client_address
from nextgenerp.core.api.etags import check_if_match, etag
from nextgenerp.core.api.permissions import USER
from nextgenerp.core.api.views import ApiView
from nextgenerp.core.exceptions import Forbidden
from nextgenerp.database.ids import parse_id


class MeView(ApiView):
    permission_actions = {"retrieve": USER, "partial_update": USER}
    bodies = {"partial_update": shapes.ProfileSerializer}
    answers = {"retrieve": shapes.MeSerializer, "partial_update": shapes.MeSerializer}
    file_actions = ("partial_update",)
    writes_when_read_only = True

    def retrieve(self, request: Any) -> Response:
        """The user, the current tenant and seat, grants by module, features and limits."""
        return self.answer(Membership.objects.filter(id=self.actor.seat_id).select_related("tenant").first())

    @transaction.atomic
    def partial_update(self, request: Any) -> Response:
        """Change one's names, phone and avatar (multipart) in this tenant, and one's language."""
        if self.actor.impersonated:
            raise Forbidden("Not while impersonating.")
        seat = profile.locked_seat(self.actor)
        if seat is not None:
            check_if_match(request, seat)
        profile.update_profile(request.user, seat, self.validated(shapes.ProfileSerializer), actor=self.actor)
        return self.answer(seat)

    def answer(self, seat: Membership | None) -> Response:
        features, subscription = features_and_limits() if seat else ({}, None)
        content = {
            "user": self.request.user,
            "tenant": self.actor.tenant,
            "seat": seat,
            "role": self.actor.role,
            "permissions": self.actor.grants,
            "features": features,
            "subscription": subscription,
        }
        headers = {"ETag": etag(seat)} if seat else {}
        return Response(shapes.MeSerializer(content, context={"request": self.request}).data, headers=headers)


class OwnPasswordView(AuthView):
    permission_actions = {"change": USER}
    bodies = {"change": shapes.ChangePasswordSerializer}
    answers = {"change": shapes.TokensSerializer}

    def change(self, request: Any) -> Response:
        """Set a new password. Every session ends; the answer begins the one that goes on."""
        if self.actor.impersonated:
            raise Forbidden("Not while impersonating.")
        values = self.validated(shapes.ChangePasswordSerializer)
        tokens = password_changes.change(
            request.user, self.actor.seat_id, values["current_password"], values["new_password"],
            place=client_address(request), session_id=parse_id(request.auth.get("sid")),
        )  # fmt: skip
        return Response(shapes.TokensSerializer(asdict(tokens)).data)
