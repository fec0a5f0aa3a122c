"""The door of the super-admin console: the log-in of /auth/login, second factor and failure counts included."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES

from accounts.models import User
from accounts.passwords import MAX_LENGTH
from accounts.services.sign_in import sign_in
from nextgenerp.core.api.addresses import client_address
from nextgenerp.core.exceptions import DomainError, NotAuthenticated


class SessionBackend(ModelBackend):
    """Keeps the sessions of the console; there is no other way to begin one than SignInForm."""

    def authenticate(self, request: Any, **credentials: Any) -> None:
        return None

    def get_user(self, user_id: Any) -> User | None:
        """The super-admin of a session; one who no longer is has none."""
        user = super().get_user(user_id)
        return user if user is not None and user.is_super_admin else None


class SignInForm(AuthenticationForm):
    """E-mail, password and, where it is required, the code of an authenticator."""

    totp = forms.CharField(label="Authenticator code", max_length=20, required=False)

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = "E-mail"
        self.fields["password"].max_length = MAX_LENGTH
        if settings.SUPER_ADMIN_TOTP:
            shown = {
                "class": " ".join(BASE_INPUT_CLASSES),
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
            }
            self.fields["totp"].widget.attrs.update(shown)
        else:
            del self.fields["totp"]

    def clean(self) -> dict[str, Any]:
        """Sign in as the API does. Raises ValidationError."""
        email, password = self.cleaned_data.get("username", ""), self.cleaned_data.get("password", "")
        if not email or not password or len(password) > MAX_LENGTH:
            raise self.get_invalid_login_error()
        try:
            signed_in = sign_in(
                email, password, totp=self.cleaned_data.get("totp", ""), place=client_address(self.request)
            )
        except NotAuthenticated as refusal:
            if refusal.code == "invalid_credentials":
                raise self.get_invalid_login_error() from None
            raise ValidationError(refusal.detail, code=refusal.code) from None
        except DomainError as refusal:
            raise ValidationError(refusal.detail, code=refusal.code) from None
        if not signed_in.user.is_super_admin:
            raise self.get_invalid_login_error()
        self.user_cache = signed_in.user
        if signed_in.device is not None:
            self.user_cache.otp_device = signed_in.device
        return self.cleaned_data
