"""/users/invite and /users/invites: invitations, and what comes of one."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from rest_framework.response import Response

from accounts.api import team_serializers as shapes
from accounts.api.auth_views import AuthView, session_answer
from accounts.api.serializers import SessionSerializer
from accounts.models import Invitation, User
from accounts.selectors import pending_invitations, seats_of_user
from accounts.services import invitations, joining
from accounts.services.members import LIMIT
from accounts.services.sign_in import SignedIn, begin_session
from nextgenerp.core.api.addresses import client_address
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.permissions import PUBLIC
from nextgenerp.core.api.resources import ListMixin, ResourceView
from nextgenerp.core.exceptions import DomainError
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import Actor
from nextgenerp.database.ids import parse_id


class InvitationView(ListMixin, ResourceView):
    """Invitations that wait, within the caller's scope."""

    permission_module = "User Management"
    permission_actions = {"invite": "canCreate", "resend": "canCreate"}
    limits = {"invite": LIMIT}
    queryset = Invitation.objects.all()
    serializer_class = shapes.InvitationSerializer
    sort_fields = {"createdAt": "created_at", "expiresAt": "expires_at"}
    bodies = {"invite": shapes.InviteSerializer, "resend": None}
    answers = {
        "invite": Answer(shapes.InvitationSerializer, status=201),
        "resend": shapes.InvitationSerializer,
        "destroy": Answer(None, 204),
    }

    def get_queryset(self) -> QuerySet[Invitation]:
        return visible(pending_invitations(self.actor.tenant), self.actor)

    def locked(self) -> tuple[Invitation, Actor]:
        return invitations.locked_invitation(parse_id(self.kwargs["id"]), actor=self.actor)

    def invite(self, request: Any) -> Response:
        """Mail an invitation to a seat. It holds a place of the users limit while it waits, for seven days."""
        invitation = invitations.invite(self.validated(shapes.InviteSerializer), actor=self.actor)
        return self.answer(invitation, status=201, location=f"/users/invites/{invitation.id}")

    @transaction.atomic
    def resend(self, request: Any, id: str) -> Response:
        """Mail an invitation again; the link of the earlier mail is dead, the new one lives seven days."""
        invitation, actor = self.locked()
        invitations.resend(invitation, actor=actor)
        return self.answer(invitation)

    @transaction.atomic
    def destroy(self, request: Any, id: str) -> Response:
        """Take an invitation back; its link is dead."""
        invitation, actor = self.locked()
        invitations.revoke(invitation, actor=actor)
        return Response(status=204)


class AcceptView(AuthView):
    permission_actions = {"accept": PUBLIC}
    bodies = {"accept": shapes.AcceptSerializer}
    answers = {"accept": SessionSerializer}

    def accept(self, request: Any) -> Response:
        """Accept an invitation and sign in to its tenant.

        A new user chooses a password; a known one is signed in as that user, or gives their password.
        """
        values = self.validated(shapes.AcceptSerializer)
        seat = joining.accept(
            **values, signed_in=self.signed_in(bool(values["password"])), place=client_address(request),
            request_id=request._request.request_id,
        )  # fmt: skip
        seats = seats_of_user(seat.user)
        tokens = begin_session(SignedIn(seat.user, seat, seats, None))
        return session_answer(seat.user, seat, seats, tokens)

    def signed_in(self, has_password: bool) -> User | None:
        """Whose access token was sent, if any; a bad one does not matter to somebody who gives a password."""
        try:
            user: User | None = self.request.user
        except DomainError:
            if has_password:
                return None
            raise
        return None if user is None or self.request.actor.impersonated else user
