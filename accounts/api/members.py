"""/users: the members of a team, what they may do and whom they report to."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from rest_framework.response import Response

from accounts import selectors
from accounts.api import team_serializers as shapes
from accounts.api.filters import MemberFilter
from accounts.imports import UserImport
from accounts.models import Membership, TeamMember
from accounts.services import members, permissions
from nextgenerp.core import seats
from nextgenerp.core.api.answers import CSV_FILE, Answer
from nextgenerp.core.api.csv_export import ExportColumn
from nextgenerp.core.api.etags import check_if_match, etag
from nextgenerp.core.api.imports import IMPORT_ANSWERS, IMPORT_BODIES, ImportMixin
from nextgenerp.core.api.permissions import require
from nextgenerp.core.api.resources import ExportMixin, ListMixin, ResourceView, RetrieveMixin, unpaged
from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.names import camel_case
from nextgenerp.core.tenancy import Actor
from nextgenerp.database.ids import parse_id

DEFAULT_SETTINGS = {"language": "en-IN", "dateFormat": "DD/MM/YYYY"}
DEFAULT_NOTIFICATIONS = {"leadAssigned": True, "reminders": True}


class MemberView(ImportMixin, ExportMixin, ListMixin, RetrieveMixin, ResourceView):
    """The team within the caller's scope; ids are those of seats. Pending members are invitations."""

    permission_module = "User Management"
    permission_actions = {
        "hierarchy": "canView", "show_permissions": "canView", "set_permissions": "canEdit", "change_role": "canEdit",
        "show_settings": "canView", "change_settings": "canEdit", "organization_access": "canView",
        "reactivate": "canEdit",
    }  # fmt: skip
    limits = {"import_file": members.LIMIT}
    import_resource = UserImport
    queryset = TeamMember.objects.all()
    serializer_class = shapes.MemberSerializer
    filterset_class = MemberFilter
    search = selectors.search_members
    sort_fields = {
        "createdAt": "created_at", "name": "name_key", "role": "role_rank", "lastLoginAt": "last_login_at",
    }  # fmt: skip
    query_parameters = {"destroy": ("reassignTo",)}
    parameter_schemas = {"reassignTo": {"type": "string", "format": "uuid"}}
    bodies = {
        "partial_update": shapes.MemberChangeSerializer,
        "set_permissions": shapes.SeatPermissionsSerializer,
        "change_role": shapes.RoleSerializer,
        "change_settings": shapes.SettingsSerializer,
        "reactivate": shapes.ReactivateSerializer,
        "import_file": IMPORT_BODIES["import_file"],
    }
    answers = {
        "hierarchy": Answer(shapes.TreeSerializer, many=True),
        "show_permissions": shapes.SeatPermissionsSerializer,
        "set_permissions": shapes.SeatPermissionsSerializer,
        "change_role": shapes.MemberSerializer,
        "show_settings": shapes.SettingsSerializer,
        "change_settings": shapes.SettingsSerializer,
        "organization_access": Answer(shapes.AdministeredSeatSerializer, many=True),
        "reactivate": shapes.MemberSerializer,
        "partial_update": shapes.MemberSerializer,
        "destroy": Answer(None, 204),
        "export": CSV_FILE,
        "import_file": IMPORT_ANSWERS["import_file"],
    }
    export_name = "users"
    export_columns = (
        ExportColumn("email", "email"),
        ExportColumn("firstName", "first_name"),
        ExportColumn("lastName", "last_name"),
        ExportColumn("role", "role"),
        ExportColumn("managerEmail", "manager_id", seats.emails),
        ExportColumn("phone", "phone"),
    )

    def get_queryset(self) -> QuerySet[TeamMember]:
        team = selectors.team_members(self.actor)
        return team if self.action in {"list", "export"} else team.filter(invite_id=None)

    def seat(self) -> Membership:
        """The seat of the path, to be read. Raises NotFound."""
        return Membership.objects.select_related("tenant", "user").get(id=self.get_object().id)

    def locked(self) -> tuple[Membership, Actor]:
        """The seat of the path, locked and held to If-Match, and the caller as they are now."""
        seat, actor = members.locked_seat(parse_id(self.kwargs["id"]), actor=self.actor)
        check_if_match(self.request, seat)
        return seat, actor

    def member(self, seat_id: UUID) -> Response:
        return self.answer(TeamMember.objects.get(id=seat_id))

    @transaction.atomic
    def partial_update(self, request: Any, id: str) -> Response:
        """Change names, phone, designation, department and whom the member reports to."""
        seat, actor = self.locked()
        members.update_member(seat, self.validated(shapes.MemberChangeSerializer), actor=actor)
        return self.member(seat.id)

    @transaction.atomic
    def destroy(self, request: Any, id: str) -> Response:
        """Deactivate a member: sessions end, reports move up, open work goes to `reassignTo` if that is given."""
        successor = request.GET.get("reassignTo")
        if successor is not None:
            for module in seats.reassigned_modules():
                require(self.actor, module, "canEdit")
        seat, actor = self.locked()
        reassign_to = parse_id(successor)
        if successor is not None and reassign_to is None:
            raise Invalid.field("reassignTo", "does_not_exist", "There is no such active member.")
        members.deactivate(seat, actor=actor, reassign_to=reassign_to)
        return Response(status=204)

    @transaction.atomic
    def reactivate(self, request: Any, id: str) -> Response:
        """Give a deactivated member their seat back, with the role and grants it had."""
        seat, actor = self.locked()
        self.validated(shapes.ReactivateSerializer)
        members.reactivate(seat, actor=actor)
        return self.member(seat.id)

    @transaction.atomic
    def change_role(self, request: Any, id: str) -> Response:
        """Give a member another role; their grants become that role's defaults."""
        seat, actor = self.locked()
        permissions.change_role(seat, self.validated(shapes.RoleSerializer)["role"], actor=actor)
        return self.member(seat.id)

    def show_permissions(self, request: Any, id: str) -> Response:
        return self.granted(self.seat())

    @transaction.atomic
    def set_permissions(self, request: Any, id: str) -> Response:
        """Replace a member's grants. Any grant of a module implies that it may be viewed."""
        seat, actor = self.locked()
        given = self.validated(shapes.SeatPermissionsSerializer)["permissions"]
        permissions.set_permissions(seat, given, actor=actor)
        return self.granted(seat)

    def granted(self, seat: Membership) -> Response:
        return Response({"role": seat.role, "permissions": seat.grants}, headers={"ETag": etag(seat)})

    def show_settings(self, request: Any, id: str) -> Response:
        return self.chosen(self.seat())

    @transaction.atomic
    def change_settings(self, request: Any, id: str) -> Response:
        """Change those settings that are given."""
        seat, actor = self.locked()
        members.change_settings(seat, spoken(self.validated(shapes.SettingsSerializer)), actor=actor)
        return self.chosen(seat)

    def chosen(self, seat: Membership) -> Response:
        notifications = DEFAULT_NOTIFICATIONS | seat.settings.get("notifications", {})
        content = {
            "timezone": seat.tenant.time_zone, **DEFAULT_SETTINGS, **seat.settings, "notifications": notifications,
        }  # fmt: skip
        return Response(content, headers={"ETag": etag(seat)})

    def organization_access(self, request: Any, id: str) -> Response:
        """The tenants this user has a seat in, among those the caller administers."""
        found = selectors.seats_administered(self.seat().user, actor=self.actor)
        return unpaged(shapes.AdministeredSeatSerializer(found, many=True).data)

    def hierarchy(self, request: Any) -> Response:
        """Who reports to whom: a forest of the active members."""
        return unpaged(selectors.hierarchy(self.actor))


def spoken(values: dict[str, Any]) -> dict[str, Any]:
    """Validated settings under the names the API speaks, as they are stored."""
    return {
        camel_case(name): spoken(value) if isinstance(value, dict) else value
        for name, value in values.items()
    }
