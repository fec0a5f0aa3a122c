"""The one way into a tenant's schema, and who acts in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection as any_connection
from django.utils import timezone

if TYPE_CHECKING:  # it loads models, and this module is read before they are
    from nextgenerp.database.base import DatabaseWrapper

connection = cast("DatabaseWrapper", any_connection)
PUBLIC = "public"
MODULES = (
    "Dashboard", "Leads", "Customers", "Quotations", "Proforma Invoices", "Sales Orders", "Setup",
    "User Management", "Finance", "Inventory",
)  # fmt: skip
ACTIONS = ("canView", "canCreate", "canEdit", "canDelete", "canExport")
SCOPES = ("own", "team", "all")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, in which tenant, with which grants; every service takes one as ``actor``.

    ``grants`` maps a module to ``{"canView": bool, …, "scope": "own" | "team" | "all"}``. ``seat_id`` is None for a
    super-admin and for the platform itself. ``team`` is filled lazily by the selector of accounts.
    """

    user_id: UUID | None = None
    seat_id: UUID | None = None
    name: str = ""
    role: str = ""
    grants: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_super_admin: bool = False
    tenant: Any = None
    request_id: str = ""
    impersonated: bool = False

    def can(self, module: str, action: str) -> bool:
        return bool(self.grants.get(module, {}).get(action))

    def scope(self, module: str) -> str:
        """Which records of a module the actor reaches; a module without a grant reaches its own at most."""
        return self.grants.get(module, {}).get("scope", "own")


SYSTEM = Actor(
    role="system", grants={module: dict.fromkeys(ACTIONS, True) | {"scope": "all"} for module in MODULES}
)


def enter_tenant(tenant: Any) -> None:
    """Put this thread's connection into a tenant's schema until leave_tenant."""
    connection.set_tenant(tenant)


def leave_tenant() -> None:
    """Put this thread's connection back into the public schema, where tenant tables do not exist."""
    if connection.schema_name != PUBLIC:
        connection.set_schema_to_public()


@contextmanager
def tenant_context(tenant: Any) -> Iterator[None]:
    """Run a block in a tenant's schema; evaluate every queryset before it ends."""
    previous = connection.tenant
    enter_tenant(tenant)
    try:
        yield
    finally:
        connection.set_tenant(previous)


def current_schema() -> str:
    return connection.schema_name


def current_tenant() -> Any:
    """The tenant whose schema the connection is in; in public a stand-in with nothing but its schema's name."""
    return connection.tenant


def tenant_zone() -> ZoneInfo:
    """The time zone of the current tenant; UTC outside one."""
    return ZoneInfo(getattr(current_tenant(), "time_zone", None) or settings.TIME_ZONE)


def tenant_today() -> date:
    """Today in the current tenant's time zone."""
    return timezone.now().astimezone(tenant_zone()).date()


def start_of_day(day: date) -> datetime:
    """The first instant of a day in the current tenant's time zone."""
    return datetime(day.year, day.month, day.day, tzinfo=tenant_zone())
