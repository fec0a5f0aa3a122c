"""Organizations, their tenants and the seats in them: made here, whoever asks for them."""

import secrets
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.text import slugify
from django_tenants.postgresql_backend.base import FakeTenant

from accounts.models import Membership, Organization, Tenant, User
from nextgenerp.core import history
from nextgenerp.core.entitlements import claim
from nextgenerp.core.provisioning import claim_schema
from nextgenerp.core.tenancy import PUBLIC, Actor, tenant_context

SLUG_LENGTH = 50
SUFFIX_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@transaction.atomic
def open_organization(
    name: str, owner: User, *, gstin: str = "", state_code: str = "", request_id: str = "", **seat: Any
) -> Membership:
    """Make an organization with its root tenant and return the owner's seat in it, a tenant_admin's.

    ``seat`` holds the owner's names and phone. Raises LimitReached.
    """
    organization = Organization.objects.create(name=name)
    tenant = make_tenant(organization, name, gstin=gstin, state_code=state_code)
    return make_seat(tenant, owner, Membership.Role.TENANT_ADMIN, request_id=request_id, **seat)


def make_tenant(
    organization: Organization, name: str, *, parent: Tenant | None = None, slug: str = "", **fields: Any
) -> Tenant:
    """Make a tenant in a schema of its own, in the caller's transaction; without a ``slug`` one is made of the name."""
    slug = slug or free_slug(name)
    with tenant_context(FakeTenant(PUBLIC)):  # whoever asks may be in a tenant
        return Tenant.objects.create(
            organization=organization, parent=parent, name=name, slug=slug, schema_name=claim_schema(), **fields
        )  # fmt: skip


@transaction.atomic
def make_seat(
    tenant: Tenant, user: User, role: str, *, actor: Actor | None = None, request_id: str = "", **fields: Any
) -> Membership:
    """Give a user a seat, within the tenant's limit of users. Raises LimitReached, IntegrityError (409 duplicate)."""
    seat = Membership.objects.create(tenant=tenant, user=user, role=role, **fields)
    own = Actor(user_id=user.id, seat_id=seat.id, role=role, tenant=tenant, request_id=request_id)
    with tenant_context(tenant):
        history.record(seat, "created", actor=actor or own)
        claim("users")
    return seat


def locked_tenant(tenant_id: UUID) -> Tenant:
    """A tenant under its row lock."""
    return Tenant.objects.select_for_update(no_key=True).get(id=tenant_id)


@transaction.atomic
def update_tenant(tenant: Tenant, values: dict[str, Any], *, actor: Actor) -> bool:
    """Store what differs of a locked tenant; whether anything did."""
    return bool(history.save_changes(tenant, values, actor=actor))


def free_slug(name: str) -> str:
    """A slug nobody has, made from a name; the name's slug is locked until the transaction ends."""
    slug = slugify(name)[:SLUG_LENGTH].strip("-") or "tenant"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"slug:{slug}"])
    if not Tenant.objects.filter(slug=slug).exists():
        return slug
    return f"{slug}-{''.join(secrets.choice(SUFFIX_ALPHABET) for _ in range(8))}"
