"""What is asked about seats: a user's, a tenant's, and everyone below a seat."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from accounts.models import Membership, Tenant, User
from nextgenerp.core.entitlements import entitlements
from nextgenerp.core.tenancy import Actor

FEATURES = ("inventory",)

# UNION, not UNION ALL: were there ever a circle, it would end.
TEAM = """
    WITH RECURSIVE team (id) AS (
        SELECT id FROM public.membership WHERE id = %s
        UNION
        SELECT below.id FROM public.membership below JOIN team ON below.manager_id = team.id
    )
    SELECT id FROM team
"""


def seats_of_tenant(tenant: Tenant) -> QuerySet[Membership]:
    """The seats of a tenant with their users, inactive ones too."""
    return Membership.objects.filter(tenant=tenant).select_related("user").order_by("created_at", "id")


def seats_of_user(user: User) -> list[Membership]:
    """The seats a user may act in, with their tenants, in the order they were given."""
    seats = Membership.objects.filter(user=user, is_active=True).exclude(
        tenant__status=Tenant.Status.ARCHIVED
    )
    return list(seats.select_related("tenant").order_by("created_at", "id"))


def preferred_seat(user: User, seats: list[Membership]) -> Membership | None:
    """The seat a user signs in to: the last one used, else the next; suspended tenants come last."""
    if not seats:
        return None
    return min(
        seats,
        key=lambda seat: (seat.tenant.status != Tenant.Status.ACTIVE, seat.tenant_id != user.last_tenant_id),
    )


def team(actor: Actor) -> Iterable[UUID]:
    """The seat of an actor and every seat below it, with one query."""
    if actor.seat_id is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(TEAM, [actor.seat_id])
        return [row[0] for row in cursor.fetchall()]


def first_name_of(user: User) -> str:
    """What to call a user in a mail."""
    names = (
        Membership.objects.filter(user=user).exclude(first_name="").order_by("-last_login_at", "created_at")
    )
    return names.values_list("first_name", flat=True).first() or "there"


def features_and_limits() -> tuple[dict[str, bool], dict[str, Any]]:
    """What the current tenant's plan has, and a digest of its subscription."""
    allowed = entitlements()
    features = {feature: feature not in allowed.disabled_features for feature in FEATURES}
    return features, {"read_only": allowed.read_only, "limits": allowed.limits}
