"""What tests of a team begin with."""

import re
from typing import Any
from uuid import UUID

from accounts.models import Invitation, Membership, Tenant
from nextgenerp.core.models import HistoryEntry, UsageCounter
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.client import Client


def problem(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def field_errors(response: Any) -> set[tuple[str, str]]:
    assert response.status_code == 400, response.content
    return {(error["field"], error["code"]) for error in response.json()["errors"]}


def count_users(tenant: Tenant) -> int:
    """Let the tenant's counter be what it counts; tests deactivate seats past it."""
    n = tenant.seats.filter(is_active=True).count() + tenant.invitations.count()
    with tenant_context(tenant):
        UsageCounter.objects.update_or_create(key="users", defaults={"used": n})
    return n


def used(tenant: Tenant) -> int:
    with tenant_context(tenant):
        return UsageCounter.objects.get(key="users").used


def history_of(tenant: Tenant, record_id: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """``(type, action, changes)`` of everything written down about a record, oldest first."""
    with tenant_context(tenant):
        entries = HistoryEntry.objects.filter(record_id=UUID(str(record_id))).order_by("id")
        return [(entry.record_type, entry.action, entry.changes) for entry in entries]


def token_in(message: Any) -> str:
    """The token in the mail of an invitation."""
    return re.search(r"#token=([\w-]+)", message.body)[1]


def state(seat: Membership) -> tuple[Any, ...]:
    """What may change about a seat, read again."""
    now = Membership.objects.get(id=seat.id)
    return now.role, now.permissions, now.is_active, now.manager_id, now.version


def invited(client: Client, mailbox: Any, **fields: Any) -> tuple[dict[str, Any], str]:
    """Invite an address; the answer and the mailed token."""
    body = {"email": "demo.new@example.com", "role": "staff", **fields}
    response = client.post("/users/invite", body)
    assert response.status_code == 201, response.content
    return response.json(), token_in(mailbox.to(body["email"])[-1])


def rows(client: Client, query: str = "") -> list[dict[str, Any]]:
    response = client.get(f"/users?{query}")
    assert response.status_code == 200, response.content
    return response.json()["data"]


def pending(tenant: Tenant) -> list[str]:
    return list(Invitation.objects.filter(tenant=tenant).order_by("email").values_list("email", flat=True))
