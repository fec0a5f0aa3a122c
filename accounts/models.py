"""Who there is: organizations and their tenants, users and their seats, and what proves who they are."""

import os
import unicodedata
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tenants.models import TenantMixin

from accounts.google_codes import GoogleCode as GoogleCode
from accounts.grants import DEFAULTS, Grants
from accounts.sealing import seal, unseal
from nextgenerp.core.models import Record
from nextgenerp.core.scope import Scope
from nextgenerp.database.ids import new_id


def normal_email(email: str) -> str:
    """The form in which addresses are compared: NFKC and casefold; confusable letters stay different."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


class Organization(Record):
    """A company: one root tenant, sub-tenants under it, one subscription."""

    name = models.CharField(max_length=200)

    class Meta:
        db_table = "organization"

    def __str__(self) -> str:
        return self.name


class Tenant(Record, TenantMixin):
    """A schema of its own for one business: data, GSTIN, state, time zone."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        ARCHIVED = "archived"

    auto_create_schema = False
    organization = models.ForeignKey(Organization, on_delete=models.RESTRICT, related_name="tenants")
    parent = models.ForeignKey("self", on_delete=models.RESTRICT, null=True, related_name="sub_tenants")
    name = models.CharField(max_length=200)
    slug = models.CharField(max_length=63, unique=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    schema_ready = models.BooleanField(default=True)  # false while its last migration failed: 503
    time_zone = models.CharField(max_length=64, default="Asia/Kolkata")
    country = models.CharField(max_length=2, default="IN")
    gstin = models.CharField(max_length=15, blank=True)
    state_code = models.CharField(max_length=2, blank=True)

    class Meta:
        db_table = "tenant"
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=Q(parent=None), name="tenant_one_root",
                violation_error_message="The organization has its root tenant.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def is_root(self) -> bool:
        return self.parent_id is None


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email_key=normal_email(username or ""))


class User(AbstractBaseUser):
    """One identity over all tenants. ``token_version`` rises whenever every token given out must end."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(max_length=254)
    email_key = models.CharField("e-mail", max_length=254, unique=True, editable=False)
    is_active = models.BooleanField(default=True)
    is_super_admin = models.BooleanField(default=False)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    token_version = models.PositiveIntegerField(default=1)
    locale = models.CharField(max_length=10, default="en-IN")
    last_tenant_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    USERNAME_FIELD = "email_key"
    EMAIL_FIELD = "email"
    objects = UserManager()

    class Meta:
        db_table = "user_account"

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the user; a password that was set anew ends every session."""
        if self._password is not None and not self._state.adding:
            self.token_version += 1
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "token_version"}
        super().save(*args, **kwargs)

    @property
    def email_verified(self) -> bool:
        return self.email_verified_at is not None

    @property
    def is_staff(self) -> bool:
        """Whether the admin site lets the user in; what they see there is the site's business."""
        return self.is_super_admin

    def has_perm(self, permission: str, record: Any = None) -> bool:
        return self.is_active and self.is_super_admin

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_super_admin


class Membership(Record):
    """A seat: one user in one tenant. ``permissions`` is None while the role's defaults hold."""

    class Role(models.TextChoices):
        TENANT_ADMIN = "tenant_admin"
        ADMIN = "admin"
        MANAGER = "manager"
        STAFF = "staff"

    scope = Scope("User Management", owners=("id",))

    tenant = models.ForeignKey(Tenant, on_delete=models.RESTRICT, related_name="seats")
    user = models.ForeignKey(User, on_delete=models.RESTRICT, related_name="seats")
    role = models.CharField(max_length=20, choices=Role.choices)
    permissions = models.JSONField(null=True, blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    designation = models.CharField(max_length=100, blank=True)
    department = models.CharField(max_length=100, blank=True)
    manager = models.ForeignKey(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="reports"
    )
    settings = models.JSONField(default=dict, blank=True)
    avatar_id = models.UUIDField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    last_login_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "membership"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "user"], name="membership_once",
                violation_error_message="The user is a member already.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def grants(self) -> Grants:
        return self.permissions if self.permissions is not None else DEFAULTS[self.role]


class Authenticator(TOTPDevice):
    """The second factor of a super-admin; its secret is stored sealed and shown once, when it is enrolled."""

    class Meta:
        proxy = True

    @classmethod
    def enrol(cls, user: User) -> "Authenticator":
        """Give a user a new authenticator in the place of any other."""
        cls.objects.filter(user=user).delete()
        return cls.objects.create(user=user, name="authenticator", key=seal(os.urandom(20), str(user.pk)))

    @property
    def bin_key(self) -> bytes:
        """The secret itself. Raises ValueError."""
        return unseal(self.key, str(self.user_id))


class PendingRegistration(models.Model):
    """A sign-up whose address is not proved yet; the latest replaces earlier ones, password included.

    Kept for an address that has an account too, so that nothing about signing up tells the two apart.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(max_length=254)
    email_key = models.CharField(max_length=254, unique=True)
    password = models.CharField(max_length=128)
    details = models.JSONField()  # the names, phone, company, GSTIN and state given
    created_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "pending_registration"


class OneTimeCode(models.Model):
    """The live code of an address for a purpose: hashed with a server key, 10 minutes, 5 wrong tries, one use.

    An address without an account has one as well; it is never mailed, and locks like any other.
    """

    class Purpose(models.TextChoices):
        VERIFY = "verify"
        RESET = "reset"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email_key = models.CharField(max_length=254)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    code_hash = models.CharField(max_length=64, blank=True)  # empty: no code is right
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    asked_at = ArrayField(models.DateTimeField(), default=list)  # when codes were asked for in the last hour

    class Meta:
        db_table = "one_time_code"
        constraints = [models.UniqueConstraint(fields=["email_key", "purpose"], name="one_time_code_live")]


class SignInFailures(models.Model):
    """Failed sign-ins of the last minutes, by address and place or by place alone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()

    class Meta:
        db_table = "sign_in_failures"


class Session(models.Model):
    """One signed-in client of a user, in one seat: the family of its refresh tokens. Ends as a whole.

    ``token_version`` is the user's when it began: a new password ends it without touching it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    seat = models.ForeignKey(Membership, on_delete=models.CASCADE, null=True)
    token_version = models.PositiveIntegerField()
    second_factor = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sign_in_session"


class RefreshToken(models.Model):
    """An opaque refresh token, hashed; spent by one UPDATE. A spent one that comes back ends its session."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="refresh_tokens")
    created_at = models.DateTimeField(auto_now_add=True)
    consumed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "refresh_token"


class Invitation(Record):
    """An invitation to a seat: its token goes by mail only, is stored hashed, lives 7 days, works once.

    One that has expired counts for nothing any more; the worker removes it and frees its place.
    """

    scope = Scope("User Management", owners=("invited_by_id",))

    tenant = models.ForeignKey(Tenant, on_delete=models.RESTRICT, related_name="invitations")
    email = models.EmailField(max_length=254)
    email_key = models.CharField(max_length=254)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    role = models.CharField(max_length=20, choices=Membership.Role.choices)
    permissions = models.JSONField(null=True, blank=True)
    manager = models.ForeignKey(
        Membership, on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )
    invited_by = models.ForeignKey(Membership, on_delete=models.RESTRICT, null=True, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "invitation"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "email_key"], name="invitation_pending",
                violation_error_message="This address is invited already.",
            )
        ]  # fmt: skip


class TeamMember(models.Model):
    """A row of a tenant's team: a seat, or an invitation that waits (its id stands in ``id`` and ``invite_id``).

    A view of the database, so that lists filter, sort and page over both at once; whoever changes a column it
    reads makes it anew in the same migration.
    """

    class Status(models.TextChoices):
        ACTIVE = "active"
        INACTIVE = "inactive"
        PENDING = "pending"

    scope = Scope("User Management", owners=("id", "invited_by_id"))

    id = models.UUIDField(primary_key=True)
    tenant_id = models.UUIDField()
    user_id = models.UUIDField(null=True)
    invite_id = models.UUIDField(null=True)
    invited_by_id = models.UUIDField(null=True)
    email = models.CharField(max_length=254)
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100)
    name = models.CharField(max_length=201)
    name_key = models.CharField(max_length=201)
    phone = models.CharField(max_length=16)
    designation = models.CharField(max_length=100)
    department = models.CharField(max_length=100)
    role = models.CharField(max_length=20, choices=Membership.Role.choices)
    role_rank = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=8, choices=Status.choices)
    manager_id = models.UUIDField(null=True)
    avatar_id = models.UUIDField(null=True)
    last_login_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField()

    class Meta:
        managed = False
        db_table = "team_member"

    def __str__(self) -> str:
        return self.name
