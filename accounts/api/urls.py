"""The addresses of accounts."""

from django.urls import path

from accounts.api.auth_views import PasswordResetView, RegistrationView, SessionView, TenantsView
from accounts.api.google import GoogleCallbackView, GoogleExchangeView, GoogleView
from accounts.api.me_views import MeView, OwnPasswordView

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
]
