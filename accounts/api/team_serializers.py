"""The shapes of a team: its members and invitations, their grants and settings."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.api.serializers import LOCALE, PERMISSIONS_SCHEMA, PasswordField
from accounts.models import Invitation, Membership, TeamMember, Tenant
from nextgenerp.core.api.fields import EmailField, LookupField, PhoneField, SeatField, TextField
from nextgenerp.core.api.serializers import ApiModelSerializer, ApiSerializer
from nextgenerp.core.tenancy import ACTIONS, MODULES, SCOPES
from nextgenerp.database.ids import parse_id

DATE_FORMATS = ("DD/MM/YYYY", "DD-MM-YYYY", "DD MMM YYYY", "MM/DD/YYYY", "YYYY-MM-DD")
TIME_ZONES = frozenset(available_timezones())


@extend_schema_field({"type": ["string", "null"]})
class AvatarField(LookupField):
    """Where an avatar is, by the id of its file."""

    def load(self, keys: Iterable[Any]) -> dict[Any, Any]:
        return {key: f"/files/{key}" for key in keys}


class MemberSerializer(ApiModelSerializer):
    """A member of the team, or somebody invited (``status`` pending, with an ``inviteId``)."""

    user_id = serializers.UUIDField(read_only=True, allow_null=True)
    invite_id = serializers.UUIDField(read_only=True, allow_null=True)
    manager_id = serializers.UUIDField(read_only=True, allow_null=True)
    manager = SeatField("manager_id")
    avatar_url = AvatarField("avatar_id")

    class Meta:
        model = TeamMember
        fields = (
            "id", "user_id", "invite_id", "email", "first_name", "last_name", "name", "phone", "designation",
            "department", "role", "status", "manager_id", "manager", "avatar_url", "last_login_at", "expires_at",
            "created_at", "updated_at", "version",
        )  # fmt: skip
        read_only_fields = fields


class ManagerIdField(serializers.UUIDField):
    """The id of the seat somebody reports to, or null; whether it can be is the service's affair."""

    default_error_messages = {"does_not_exist": "There is no such active member."}

    def to_internal_value(self, data: Any) -> UUID:
        identifier = parse_id(data)
        if identifier is None:
            self.fail("does_not_exist")
        return identifier


class MemberChangeSerializer(ApiSerializer):
    """What an administrator changes about a seat; what else a member shows may be sent back and is ignored."""

    first_name = TextField(max_length=100, required=False)
    last_name = TextField(max_length=100, required=False, allow_blank=True)
    phone = PhoneField(max_length=64, required=False, allow_blank=True)
    designation = TextField(max_length=100, required=False, allow_blank=True)
    department = TextField(max_length=100, required=False, allow_blank=True)
    manager_id = ManagerIdField(required=False, allow_null=True)
    ignored = (
        "id", "userId", "inviteId", "email", "name", "role", "status", "manager", "avatarUrl", "lastLoginAt",
        "expiresAt", "createdAt", "updatedAt", "version",
    )  # fmt: skip

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            data = {name: value for name, value in data.items() if name not in self.ignored}
        return super().to_internal_value(data)


@extend_schema_field(PERMISSIONS_SCHEMA)
class GrantsField(serializers.Field):
    """Grants by module: flags, and the scope of the records they are about."""

    default_error_messages = {
        "invalid": "Not an object.",
        "unknown_field": "There is no {kind} {name}.",
        "boolean": "true or false.",
        "invalid_choice": "One of: own, team, all.",
    }

    def to_internal_value(self, data: Any) -> dict[str, dict[str, Any]]:
        if not isinstance(data, Mapping):
            self.fail("invalid")
        errors = {module: found for module, grant in data.items() if (found := self.errors_of(module, grant))}
        if errors:
            raise serializers.ValidationError(errors)
        return {module: dict(grant) for module, grant in data.items()}

    def errors_of(self, module: str, grant: Any) -> Any:
        if module not in MODULES:
            return [self.error("unknown_field", kind="module", name=module[:100])]
        if not isinstance(grant, Mapping):
            return [self.error("invalid")]
        return {name: [found] for name, value in grant.items() if (found := self.error_of(name, value))}

    def error_of(self, name: str, value: Any) -> ErrorDetail | None:
        if name == "scope":
            return None if isinstance(value, str) and value in SCOPES else self.error("invalid_choice")
        if name not in ACTIONS:
            return self.error("unknown_field", kind="action", name=name[:100])
        return None if isinstance(value, bool) else self.error("boolean", code="invalid")

    def error(self, key: str, code: str = "", **values: str) -> ErrorDetail:
        return ErrorDetail(self.error_messages[key].format(**values), code or key)

    def to_representation(self, value: Any) -> Any:
        return value


class SeatPermissionsSerializer(ApiSerializer):
    """The grants of a seat in full; writing replaces them all, and what is left out is not granted."""

    role = serializers.ChoiceField(choices=Membership.Role.choices, read_only=True)
    permissions = GrantsField()


class RoleSerializer(ApiSerializer):
    role = serializers.ChoiceField(choices=Membership.Role.choices)


class ReactivateSerializer(ApiSerializer):
    """Nothing: the path says it all."""


class NotificationsSerializer(ApiSerializer):
    """Which mails a member wants."""

    lead_assigned = serializers.BooleanField(required=False)
    reminders = serializers.BooleanField(required=False)


class SettingsSerializer(ApiSerializer):
    timezone = TextField(max_length=64, required=False)
    language = TextField(max_length=10, required=False)
    date_format = serializers.ChoiceField(choices=DATE_FORMATS, required=False)
    notifications = NotificationsSerializer(required=False)

    def validate_timezone(self, value: str) -> str:
        if value not in TIME_ZONES:
            raise serializers.ValidationError("There is no such time zone.", "invalid_choice")
        return value

    def validate_language(self, value: str) -> str:
        if not re.fullmatch(LOCALE, value):
            raise serializers.ValidationError("A language is written en or en-IN.", "invalid")
        return value


class InvitationSerializer(ApiModelSerializer):
    """An invitation that waits; its token is in the mail alone."""

    manager_id = serializers.UUIDField(read_only=True, allow_null=True)
    manager = SeatField("manager_id")
    invited_by = SeatField("invited_by_id")

    class Meta:
        model = Invitation
        fields = (
            "id", "email", "first_name", "last_name", "phone", "role", "manager_id", "manager", "invited_by",
            "expires_at", "created_at", "version",
        )  # fmt: skip
        read_only_fields = fields


class InviteSerializer(ApiSerializer):
    email = EmailField(max_length=254)
    first_name = TextField(max_length=100, required=False, allow_blank=True)
    last_name = TextField(max_length=100, required=False, allow_blank=True)
    phone = PhoneField(max_length=64, required=False, allow_blank=True)
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    manager_id = ManagerIdField(required=False, allow_null=True)
    permissions = GrantsField(required=False, allow_null=True)


class AcceptSerializer(ApiSerializer):
    """A new user chooses a password; a known one gives theirs or is signed in."""

    token = TextField(max_length=200)
    first_name = TextField(max_length=100, required=False, allow_blank=True, default="")
    last_name = TextField(max_length=100, required=False, allow_blank=True, default="")
    password = PasswordField(required=False, allow_blank=True, default="")


class AdministeredSeatSerializer(ApiSerializer):
    """A user's seat in a tenant that the caller administers."""

    id = serializers.UUIDField(source="tenant.id")
    name = serializers.CharField(source="tenant.name")
    slug = serializers.CharField(source="tenant.slug")
    is_root = serializers.BooleanField(source="tenant.is_root")
    parent_id = serializers.UUIDField(source="tenant.parent_id", allow_null=True)
    status = serializers.ChoiceField(choices=Tenant.Status.choices, source="tenant.status")
    seat_id = serializers.UUIDField(source="id")
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    is_active = serializers.BooleanField()


class TreeSerializer(ApiSerializer):
    """A member with whoever reports to them, to any depth."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    reports = serializers.ListField(child=serializers.DictField())
