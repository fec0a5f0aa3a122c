"""The shapes of signing up, signing in and one's own profile."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Membership, Tenant, User
from accounts.passwords import MAX_LENGTH
from nextgenerp.core.api.fields import EmailField, ParsedField, PhoneField, TextField
from nextgenerp.core.api.gst_fields import GstinField
from nextgenerp.core.api.serializers import ApiModelSerializer, ApiSerializer
from nextgenerp.core.gst import parse_state, state_of
from nextgenerp.core.tenancy import ACTIONS, MODULES, SCOPES

LOCALE = r"^[a-z]{2,3}(-[A-Z]{2})?$"
GRANT_SCHEMA = {
    "type": "object",
    "properties": {
        **{one: {"type": "boolean"} for one in ACTIONS},
        "scope": {"type": "string", "enum": list(SCOPES)},
    },
}
PERMISSIONS_SCHEMA = {"type": "object", "properties": dict.fromkeys(MODULES, GRANT_SCHEMA)}


class PasswordField(TextField):
    """A password, exactly as it was typed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=MAX_LENGTH, write_only=True, **kwargs)


class CodeField(TextField):
    """A one-time code of a mail."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)


class StateField(ParsedField):
    """A state of India by name or GST code; the code is kept."""

    def parse(self, text: str) -> str:
        return parse_state(text) if text else ""


@extend_schema_field(PERMISSIONS_SCHEMA)
class PermissionsField(serializers.Field):
    """Grants by module."""

    def to_representation(self, value: Any) -> Any:
        return value


class AddressSerializer(ApiSerializer):
    email = EmailField(max_length=254)


class TaxPlaceSerializer(ApiSerializer):
    """Where a business is taxed: its GSTIN and its state."""

    gstin = GstinField(max_length=30, required=False, allow_blank=True, default="")
    state = StateField(max_length=100, required=False, allow_blank=True, default="", source="state_code")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """The state is the GSTIN's; another one contradicts it."""
        if values["gstin"]:
            state = state_of(values["gstin"])
            if values["state_code"] not in {"", state}:
                raise serializers.ValidationError(
                    {"state": ["The GSTIN belongs to another state."]}, "state_mismatch"
                )
            values["state_code"] = state
        return values


class RegisterSerializer(TaxPlaceSerializer, AddressSerializer):
    first_name = TextField(max_length=100)
    last_name = TextField(max_length=100, required=False, allow_blank=True, default="")
    password = PasswordField()
    phone = PhoneField(max_length=64, required=False, allow_blank=True, default="")
    company_name = TextField(max_length=200)


class RegisteredSerializer(ApiSerializer):
    email = serializers.EmailField()
    requires_verification = serializers.BooleanField()


class VerifySerializer(AddressSerializer):
    otp = CodeField()


class ResetSerializer(VerifySerializer):
    new_password = PasswordField()


class LoginSerializer(AddressSerializer):
    password = PasswordField()
    totp = CodeField(required=False, allow_blank=True, default="")


class GoogleExchangeSerializer(ApiSerializer):
    code = TextField(max_length=100)
    totp = CodeField(required=False, allow_blank=True, default="")


class RefreshSerializer(ApiSerializer):
    refresh_token = TextField(max_length=200)


class LogoutSerializer(ApiSerializer):
    refresh_token = TextField(max_length=200, required=False, allow_blank=True, default="")


class SwitchSerializer(ApiSerializer):
    tenant_id = TextField(max_length=100)


class ChangePasswordSerializer(ApiSerializer):
    current_password = PasswordField()
    new_password = PasswordField()


class UserSerializer(ApiModelSerializer):
    email_verified = serializers.BooleanField(read_only=True)

    class Meta:
        model = User
        fields = ("id", "email", "email_verified", "locale", "is_super_admin", "created_at")
        read_only_fields = fields


class TenantSerializer(ApiModelSerializer):
    is_root = serializers.BooleanField(read_only=True)
    parent_id = serializers.UUIDField(read_only=True, allow_null=True)
    organization_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = Tenant
        fields = (
            "id", "name", "slug", "status", "is_root", "parent_id", "organization_id", "gstin", "state_code", "country",
            "time_zone",
        )  # fmt: skip
        read_only_fields = fields


class SeatSerializer(ApiModelSerializer):
    """A seat as its own user sees it."""

    user_id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    manager_id = serializers.UUIDField(read_only=True, allow_null=True)
    avatar_url = serializers.SerializerMethodField("avatar_path")

    class Meta:
        model = Membership
        fields = (
            "id", "user_id", "role", "first_name", "last_name", "name", "phone", "designation", "department",
            "manager_id", "avatar_url",
        )  # fmt: skip
        read_only_fields = fields

    def avatar_path(self, seat: Membership) -> str | None:
        return f"/files/{seat.avatar_id}" if seat.avatar_id else None


class TenantRowSerializer(ApiSerializer):
    """One of the tenants a user may act in."""

    id = serializers.UUIDField(source="tenant.id")
    name = serializers.CharField(source="tenant.name")
    slug = serializers.CharField(source="tenant.slug")
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    is_root = serializers.BooleanField(source="tenant.is_root")
    parent_id = serializers.UUIDField(source="tenant.parent_id", allow_null=True)
    status = serializers.ChoiceField(choices=Tenant.Status.choices, source="tenant.status")
    is_current = serializers.SerializerMethodField("is_the_current")

    def is_the_current(self, seat: Membership) -> bool:
        return seat.id == self.context.get("seat_id")


class TokensSerializer(ApiSerializer):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    expires_in = serializers.IntegerField()


class SessionSerializer(TokensSerializer):
    """What a client knows after signing in."""

    user = UserSerializer()
    tenant = TenantSerializer(allow_null=True)
    seat = SeatSerializer(allow_null=True)
    role = serializers.CharField()
    tenants = TenantRowSerializer(many=True)
    permissions = PermissionsField()


class SubscriptionDigestSerializer(ApiSerializer):
    read_only = serializers.BooleanField()
    limits = serializers.DictField(child=serializers.IntegerField(allow_null=True))


class MeSerializer(ApiSerializer):
    """Who one is here, and what one may do."""

    user = UserSerializer()
    tenant = TenantSerializer(allow_null=True)
    seat = SeatSerializer(allow_null=True)
    role = serializers.CharField()
    permissions = PermissionsField()
    features = serializers.DictField(child=serializers.BooleanField())
    subscription = SubscriptionDigestSerializer(allow_null=True)


class ProfileSerializer(ApiSerializer):
    first_name = TextField(max_length=100, required=False)
    last_name = TextField(max_length=100, required=False, allow_blank=True)
    phone = PhoneField(max_length=64, required=False, allow_blank=True)
    locale = serializers.RegexField(LOCALE, max_length=10, required=False)
    avatar = serializers.FileField(required=False, allow_null=True, write_only=True)
