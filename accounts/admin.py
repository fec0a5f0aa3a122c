"""The console's view of organizations, tenants, users and seats: to look at, with little to change."""

from typing import Any

from allauth.account.admin import EmailAddress
from allauth.socialaccount.admin import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django_otp.plugins.otp_totp.admin import TOTPDevice
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from accounts.models import Membership, Organization, Tenant, User

admin.site.unregister(TOTPDevice)  # authenticators are enrolled by manage.py create_super_admin alone
# Links to Google are made by signing in; the rest of django-allauth's tables stays empty.
admin.site.unregister([EmailAddress, SocialAccount, SocialApp, SocialToken])


class BoundedAdmin(ModelAdmin):
    """Lists that never count a table and never draw a select box of it; rows are made and removed elsewhere."""

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    editable: tuple[str, ...] = ()

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        return [name for name in self.fields or () if name not in self.editable]

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Organization)
class OrganizationAdmin(BoundedAdmin):
    list_display = ("name", "created_at")
    search_fields = ("name",)
    ordering = ("-id",)
    fields = ("name", "id", "created_at", "updated_at")
    editable = ("name",)


@admin.register(Tenant)
class TenantAdmin(BoundedAdmin):
    list_display = ("name", "organization", "status", "schema_name", "created_at")
    list_filter = ("status", "schema_ready")
    list_select_related = ("organization",)
    search_fields = ("name", "slug", "gstin", "schema_name")
    autocomplete_fields = ("organization", "parent")
    ordering = ("-id",)
    fields = (
        "name", "organization", "parent", "slug", "status", "schema_name", "schema_ready", "time_zone", "country",
        "gstin", "state_code", "id", "created_at", "updated_at",
    )  # fmt: skip


@admin.register(User)
class UserAdmin(BoundedAdmin):
    list_display = ("email", "is_active", "is_super_admin", "email_verified_at", "last_login")
    list_filter = ("is_active", "is_super_admin")
    search_fields = ("email_key",)
    ordering = ("-id",)
    fields = (
        "email", "is_active", "is_super_admin", "email_verified_at", "locale", "last_login", "id", "created_at",
    )  # fmt: skip
    editable = ("is_active",)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        """Nobody locks themselves out."""
        own = obj is not None and obj.pk == request.user.pk
        return [*super().get_readonly_fields(request, obj), *(["is_active"] if own else [])]


@admin.register(Membership)
class MembershipAdmin(BoundedAdmin):
    list_display = ("name", "user", "tenant", "role", "is_active", "last_login_at")
    list_filter = ("role", "is_active")
    list_select_related = ("user", "tenant")
    search_fields = ("user__email_key", "first_name", "last_name", "tenant__name")
    autocomplete_fields = ("tenant", "user", "manager")
    ordering = ("-id",)
    fields = (
        "tenant", "user", "role", "first_name", "last_name", "phone", "designation", "department", "manager",
        "is_active", "last_login_at", "id", "created_at", "updated_at",
    )  # fmt: skip
