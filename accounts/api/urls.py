"""The addresses of accounts."""

from django.urls import path

from accounts.api.auth_views import PasswordResetView, RegistrationView, SessionView, TenantsView
from accounts.api.google import GoogleCallbackView, GoogleExchangeView, GoogleView
from accounts.api.invitations import AcceptView, InvitationView
from accounts.api.me_views import MeView, OwnPasswordView
from accounts.api.members import MemberView
from accounts.api.organizations import OrganizationsView, OwnOrganizationView, SubTenantsView

urlpatterns = [
    path("auth/register", RegistrationView.as_view({"post": "register"})),
    path("auth/verify-otp", RegistrationView.as_view({"post": "verify"})),
    path("auth/resend-otp", RegistrationView.as_view({"post": "resend"})),
    path("auth/forgot-password", PasswordResetView.as_view({"post": "forgot"})),
    path("auth/reset-password", PasswordResetView.as_view({"post": "reset"})),
    path("auth/login", SessionView.as_view({"post": "login"})),
    path("auth/refresh", SessionView.as_view({"post": "refresh"})),
    path("auth/logout", SessionView.as_view({"post": "logout"})),
    path("auth/tenants", TenantsView.as_view({"get": "list"})),
    path("auth/switch-tenant", TenantsView.as_view({"post": "switch"})),
    path("auth/google", GoogleView.as_view({"get": "begin"})),
    path("auth/google/callback", GoogleCallbackView.as_view({"get": "callback"})),
    path("auth/google/exchange", GoogleExchangeView.as_view({"post": "exchange"})),
    path("users/me", MeView.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("users/me/change-password", OwnPasswordView.as_view({"post": "change"})),
    path("organizations", OrganizationsView.as_view({"get": "list"})),
    path("organizations/my-organization", OwnOrganizationView.as_view({"get": "retrieve"})),
    path("organizations/my-organization/tenants", OwnOrganizationView.as_view({"get": "tenants"})),
    path("organizations/sub-tenants", SubTenantsView.as_view({"get": "list", "post": "create"})),
    path("users/invites/accept", AcceptView.as_view({"post": "accept"})),
    path("users/invite", InvitationView.as_view({"post": "invite"})),
    path("users/invites", InvitationView.as_view({"get": "list"})),
    path("users/invites/<id>", InvitationView.as_view({"delete": "destroy"})),
    path("users/invites/<id>/resend", InvitationView.as_view({"post": "resend"})),
    path("users/hierarchy", MemberView.as_view({"get": "hierarchy"})),
    path("users/export", MemberView.as_view({"get": "export"})),
    path("users/import", MemberView.as_view({"post": "import_file"})),
    path("users", MemberView.as_view({"get": "list"})),
    path(
        "users/<id>",
        MemberView.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("users/<id>/permissions", MemberView.as_view({"get": "show_permissions", "put": "set_permissions"})),
    path("users/<id>/settings", MemberView.as_view({"get": "show_settings", "patch": "change_settings"})),
    path("users/<id>/organization-access", MemberView.as_view({"get": "organization_access"})),
    path("users/<id>/role", MemberView.as_view({"patch": "change_role"})),
    path("users/<id>/reactivate", MemberView.as_view({"patch": "reactivate"})),
]
