"""What is asked about seats: a user's, a tenant's, and everyone below a seat."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from accounts.models import Invitation, Membership, TeamMember, Tenant, User
from nextgenerp.core.entitlements import entitlements
from nextgenerp.core.scope import visible
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

# The active seats from some down, each with the one above it and its level; a level more than there can be ends it.
FOREST = """
    WITH RECURSIVE forest (id, above, level) AS (
        SELECT id, NULL::uuid, 1 FROM public.membership s
        WHERE tenant_id = %(tenant)s AND is_active AND CASE WHEN %(top)s::uuid IS NOT NULL THEN id = %(top)s
            ELSE NOT EXISTS (SELECT FROM public.membership m WHERE m.id = s.manager_id AND m.is_active) END
        UNION ALL
        SELECT s.id, forest.id, level + 1 FROM public.membership s JOIN forest ON s.manager_id = forest.id
        WHERE s.is_active AND level < %(levels)s
    )
    SELECT id, above, level, first_name, last_name, role FROM forest JOIN public.membership USING (id)
    ORDER BY lower(first_name || ' ' || last_name), id
"""
MAX_LEVELS = 50  # of a hierarchy; an answer nests as deep
ADMINS = (Membership.Role.TENANT_ADMIN, Membership.Role.ADMIN)


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


def team_members(actor: Actor) -> QuerySet[TeamMember]:
    """The seats and pending invitations of the actor's tenant within their scope."""
    return visible(TeamMember.objects.filter(tenant_id=actor.tenant.id), actor)


def search_members(queryset: QuerySet[TeamMember], text: str) -> QuerySet[TeamMember]:
    """Those whose name or e-mail address holds a text."""
    return queryset.filter(Q(name__icontains=text) | Q(email__icontains=text))


def pending_invitations(tenant: Tenant) -> QuerySet[Invitation]:
    """The invitations of a tenant that can still be accepted."""
    return Invitation.objects.filter(tenant=tenant, expires_at__gt=timezone.now())


def forest_rows(
    tenant: Tenant, top: UUID | None = None, levels: int = MAX_LEVELS + 1
) -> list[tuple[Any, ...]]:
    """The active seats of a tenant, or those from ``top`` down, by name: id, the seat above, level, names, role."""
    with connection.cursor() as cursor:
        cursor.execute(FOREST, {"tenant": tenant.id, "top": top, "levels": levels})
        return cursor.fetchall()


def levels_of(tenant: Tenant) -> dict[UUID, int]:
    """How deep each active seat stands in the hierarchy; 1 is at the top."""
    return {row[0]: row[2] for row in forest_rows(tenant)}


def hierarchy(actor: Actor) -> list[dict[str, Any]]:
    """Who reports to whom within the actor's scope: a forest of active seats, with one query."""
    scope = actor.scope(Membership.scope.module)
    if scope != "all" and actor.seat_id is None:
        return []
    rows = forest_rows(
        actor.tenant, None if scope == "all" else actor.seat_id, 1 if scope == "own" else MAX_LEVELS + 1
    )
    nodes = {
        seat: {"id": seat, "name": f"{first} {last}".strip(), "role": role, "reports": []}
        for seat, _, _, first, last, role in rows
    }
    trees: list[dict[str, Any]] = []
    for seat, above, *_ in rows:
        (nodes[above]["reports"] if above else trees).append(nodes[seat])
    return trees


def seats_administered(user: User, *, actor: Actor) -> list[Membership]:
    """The seats of a user in the tenants the actor administers: those where they are an admin, and under a root
    tenant where they are one its sub-tenants."""
    if actor.seat_id is None or actor.user_id is None:
        own = [actor.tenant.id]
    else:
        seats = Membership.objects.filter(user_id=actor.user_id, is_active=True, role__in=ADMINS)
        own = list(seats.values_list("tenant_id", flat=True))
    seats = Membership.objects.filter(Q(tenant__in=own) | Q(tenant__parent__in=own), user=user)
    return list(seats.select_related("tenant").order_by("tenant__name", "id"))


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


def tenants_in_sight(tenant: Tenant) -> QuerySet[Tenant]:
    """The tenants the admins of a tenant see: of a root every one of the organization, of another itself alone; the
    root first, archived ones not."""
    found = Tenant.objects.exclude(status=Tenant.Status.ARCHIVED)
    if tenant.parent_id is None:
        found = found.filter(organization_id=tenant.organization_id)
    else:
        found = found.filter(id=tenant.id)
    return found.order_by(F("parent_id").asc(nulls_first=True), "name", "id")


def sub_tenants(root: Tenant) -> QuerySet[Tenant]:
    """The tenants under a root tenant by name; archived ones neither are listed nor count."""
    found = Tenant.objects.filter(parent_id=root.id).exclude(status=Tenant.Status.ARCHIVED)
    return found.order_by("name", "id")


def with_users(tenants: QuerySet[Tenant]) -> QuerySet[Tenant]:
    """Tenants with ``users``, the number of their active seats, in the same query."""
    return tenants.annotate(users=Count("seats", filter=Q(seats__is_active=True)))
