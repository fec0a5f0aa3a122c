"""What must hold of a tenant's team: its counter, its admin, its managers, and that every seat named is one of it."""

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.db.models import Model

from accounts.models import Invitation, Membership
from nextgenerp.core.invariants import counted, invariant
from nextgenerp.core.scope import Scope
from nextgenerp.core.tenancy import current_tenant


@counted("users")
def count_users() -> int:
    """Active seats and invitations; a lapsed invitation holds its place until it is removed."""
    tenant = current_tenant()
    active = Membership.objects.filter(tenant=tenant, is_active=True)
    return active.count() + Invitation.objects.filter(tenant=tenant).count()


@invariant("team")
def check_team() -> Iterator[str]:
    """A team has an active tenant_admin, and whoever manages an active seat is an active seat of the same team."""
    active = Membership.objects.filter(tenant=current_tenant(), is_active=True)
    if active.exists() and not active.filter(role=Membership.Role.TENANT_ADMIN).exists():
        yield "nobody is tenant_admin"
    managed = active.filter(manager__isnull=False)
    good = managed.filter(manager__is_active=True, manager__tenant=current_tenant())
    for seat in managed.exclude(id__in=good.values("id")).order_by("id"):
        yield f"the manager of {seat.id}, {seat.manager_id}, is no active member"


@invariant("no orphan seats")
def check_orphan_seats() -> Iterator[str]:
    """The seats that own records, which no foreign key holds (docs/adr/0001), are seats of the tenant."""
    seats = set(Membership.objects.filter(tenant=current_tenant()).values_list("id", flat=True))
    for model in scoped_models():
        for column in model.scope.owners:  # type: ignore[attr-defined]
            named = model._default_manager.exclude(**{column: None}).order_by()
            for seat_id in sorted(set(named.values_list(column, flat=True).distinct()) - seats):
                yield f"{model._meta.label}.{column} names {seat_id}, who has no seat here"


def scoped_models() -> list[type[Model]]:
    """The tenant's models whose records belong to seats."""
    labels = {name.rpartition(".")[2] for name in settings.TENANT_APPS}
    return [
        model for model in apps.get_models()
        if model._meta.app_label in labels and isinstance(getattr(model, "scope", None), Scope)
    ]  # fmt: skip
