"""What tests of settings and sales documents begin with."""

from typing import Any
from uuid import UUID

from accounts.models import Tenant
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import tenant_context

EVERYTHING = ["view", "create", "edit", "delete", "export"]


def history_of(tenant: Tenant, record_id: str) -> list[tuple[str, dict[str, Any]]]:
    """What was written down about a record, oldest first."""
    with tenant_context(tenant):
        entries = HistoryEntry.objects.filter(record_id=UUID(record_id)).order_by("id")
        return [(entry.action, entry.changes) for entry in entries]


def field_errors(response: Any) -> set[tuple[str, str]]:
    assert response.status_code == 400, response.content
    return {(error["field"], error["code"]) for error in response.json()["errors"]}
