"""Tenants, users and seats for tests, made the way the product makes them."""

import itertools
from typing import Any

from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from accounts.models import Membership, Organization, Tenant, User
from nextgenerp.core.entitlements import claim
from nextgenerp.core.provisioning import claim_schema, make_schema
from nextgenerp.core.tenancy import ACTIONS, MODULES, leave_tenant, tenant_context
from nextgenerp.database.models import DeferredTask, SpareSchema
from nextgenerp.database.schemas import drop_schema
from nextgenerp.mail.models import QueuedEmail

numbers = itertools.count(1)
PASSWORD = "correct-horse-battery"
# ``member(leads=["create"])``: keywords for modules and actions.
MODULE_NAMES = {module.lower().replace(" ", "_"): module for module in MODULES}
ACTION_NAMES = {action.removeprefix("can").lower(): action for action in ACTIONS}


def make_tenant(name: str, *, parent: Tenant | None = None, spare: bool = False) -> Tenant:
    """A tenant with its schema; a root one brings its organization."""
    organization = parent.organization if parent else Organization.objects.create(name=name)
    return Tenant.objects.create(
        organization=organization, parent=parent, name=name, slug=f"test-{next(numbers)}",
        schema_name=claim_schema() if spare else make_schema(),
    )  # fmt: skip


def make_user(email: str = "", **fields: Any) -> User:
    """A verified user with PASSWORD."""
    email = email or f"user-{next(numbers)}@example.com"
    user = User(email=email, email_key=email.lower(), email_verified_at=timezone.now(), **fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def make_seat(tenant: Tenant, role: str = "staff", *, user: User | None = None, **fields: Any) -> Membership:
    """A seat with the role's default grants, or with ``permissions``."""
    fields.setdefault("first_name", role.title())
    fields.setdefault("last_name", f"Test {next(numbers)}")
    seat = Membership.objects.create(tenant=tenant, user=user or make_user(), role=role, **fields)
    if seat.is_active and has_schema(tenant):
        with tenant_context(tenant):
            claim("users")
    return seat


def has_schema(tenant: Tenant) -> bool:
    """Whether a tenant is more than a row; some tests need no more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f'"{tenant.schema_name}".usage_counter'])
        return cursor.fetchone()[0] is not None


def grants(scope: str = "all", **modules: list[str]) -> dict[str, dict[str, Any]]:
    """A full map of grants with only those named: ``grants(leads=["view", "create"])``."""
    return {
        module: {
            action: action in {ACTION_NAMES[short] for short in modules.get(name, [])} for action in ACTIONS
        }
        | {"scope": scope}
        for name, module in MODULE_NAMES.items()
    }


def remove_tenant(tenant: Tenant) -> None:
    """Remove a committed tenant, its schema, seats and users."""
    connection.set_schema_to_public()
    users = list(tenant.seats.values_list("user_id", flat=True))
    Tenant.objects.filter(parent=tenant).update(parent=None)
    tenant.invitations.all().delete()
    tenant.seats.update(manager=None)
    tenant.seats.all().delete()
    User.objects.filter(id__in=users, seats=None).delete()
    drop_schema(tenant.schema_name)
    organization = tenant.organization
    tenant.delete()
    if not organization.tenants.exists():
        organization.delete()


def clear_queues() -> None:
    """Remove what committed tests left to do: deferred tasks, mails and wakes."""
    leave_tenant()
    for model in (DeferredTask, QueuedEmail, OrmQ):
        model.objects.all().delete()


def drop_spares() -> None:
    """Drop the spare schemas that committed tests left."""
    for spare in SpareSchema.objects.all():
        drop_schema(spare.schema_name)
        spare.delete()
