"""An organization's sub-tenants: opened from its root tenant, as many as the plan allows."""

from django.db import transaction

from accounts.grants import DEFAULTS
from accounts.models import Membership, Organization, Tenant
from accounts.selectors import sub_tenants
from accounts.services import invitations
from accounts.services.tenants import make_seat, make_tenant
from nextgenerp.core import history
from nextgenerp.core.entitlements import entitlements
from nextgenerp.core.exceptions import Conflict, Duplicate, Invalid, LimitReached
from nextgenerp.core.tenancy import Actor, tenant_context

LIMIT = "subTenants"
FIRST_ROLE = Membership.Role.TENANT_ADMIN


@transaction.atomic
def open_sub_tenant(
    name: str, *, slug: str = "", gstin: str = "", state_code: str = "", admin_email: str = "", actor: Actor
) -> Tenant:
    """Make a tenant with a schema of its own under the caller's root one; it is whole, or there is nothing of it.

    ``admin_email`` is invited as its tenant_admin; without one the caller gets that seat. Locks the organization,
    so that two at once do not take the same last place. Raises Conflict ``not_root_tenant``, Duplicate, Invalid,
    LimitReached.
    """
    root = actor.tenant
    if not root.is_root:
        raise Conflict("Sub-tenants are opened from the root tenant.", code="not_root_tenant")
    organization = Organization.objects.select_for_update(no_key=True).get(id=root.organization_id)
    if slug and Tenant.objects.filter(slug=slug).exists():
        errors = [{"field": "slug", "code": "duplicate", "detail": "This slug is taken."}]
        raise Duplicate("This slug is taken.", errors=errors)
    refuse_beyond_limit(root)
    tenant = make_tenant(
        organization, name, parent=root, slug=slug, gstin=gstin, state_code=state_code,
        country=root.country, time_zone=root.time_zone,
    )  # fmt: skip
    if admin_email:
        invite_first_admin(tenant, admin_email, actor=actor)
    else:
        seat_caller(tenant, actor=actor)
    changes = {"name": [None, name], "slug": [None, tenant.slug], "admin_email": [None, admin_email or None]}
    history.record(tenant, "created", actor=actor, changes=changes)
    return tenant


def refuse_beyond_limit(root: Tenant) -> None:
    """Raises LimitReached. The caller is in the root's schema and holds the lock of the organization."""
    limit = entitlements().limits.get(LIMIT)
    used = sub_tenants(root).count()
    if limit is not None and used >= limit:
        raise LimitReached(
            f"Your plan allows {limit} sub-tenants; {used} are in use.",
            limit={"key": LIMIT, "used": used, "limit": limit},
        )


def invite_first_admin(tenant: Tenant, email: str, *, actor: Actor) -> None:
    """Invite an address to a tenant nobody has a seat in yet: the caller's own seat is in the root."""
    opener = Actor(
        user_id=actor.user_id, name=actor.name, role=FIRST_ROLE, grants=DEFAULTS[FIRST_ROLE], tenant=tenant,
        request_id=actor.request_id, impersonated=actor.impersonated,
    )  # fmt: skip
    with tenant_context(tenant):
        invitations.invite({"email": email, "role": FIRST_ROLE}, actor=opener)


def seat_caller(tenant: Tenant, *, actor: Actor) -> None:
    """Give the caller the first seat, under the names of their seat in the root. Raises Invalid, LimitReached."""
    if actor.seat_id is None or actor.impersonated:
        raise Invalid.field("adminEmail", "required", "You have no seat: say who gets the first one.")
    own = Membership.objects.select_related("user").get(id=actor.seat_id)
    make_seat(
        tenant, own.user, FIRST_ROLE, request_id=actor.request_id,
        first_name=own.first_name, last_name=own.last_name, phone=own.phone,
    )  # fmt: skip
