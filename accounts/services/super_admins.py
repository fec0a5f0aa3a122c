"""Super-admins: made at the server's own console, with an authenticator as second factor."""

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.models import Authenticator, User, normal_email
from accounts.passwords import refuse_weak
from nextgenerp.core.exceptions import Conflict


@transaction.atomic
def create_super_admin(email: str, password: str) -> User:
    """Make a verified user who runs the platform. Raises Conflict for a known address, Invalid for a weak password."""
    refuse_weak("password", password, email=email)
    email_key = normal_email(email)
    if User.objects.filter(email_key=email_key).exists():
        raise Conflict("This address has an account.")
    return User.objects.create(
        email=email, email_key=email_key, password=make_password(password), email_verified_at=timezone.now(),
        is_super_admin=True,
    )  # fmt: skip


@transaction.atomic
def promote(email: str) -> User:
    """Make an existing verified user a super-admin; their sessions end. Raises Conflict."""
    user = User.objects.select_for_update().filter(email_key=normal_email(email)).first()
    if user is None or user.email_verified_at is None:
        raise Conflict("There is no verified account with this address.")
    user.is_super_admin = True
    user.token_version += 1
    user.save(update_fields=["is_super_admin", "token_version", "updated_at"])
    return user


@transaction.atomic
def enrol_authenticator(user: User) -> str:
    """Give a user a new authenticator in the place of any other; returns its otpauth URI, which is shown once."""
    return Authenticator.enrol(user).config_url
