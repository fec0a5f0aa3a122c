"""What tests of leads begin with."""

import itertools
from typing import Any
from uuid import UUID

from accounts.models import Tenant
from crm.models import LeadSource, LeadStatus
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.client import Client

numbers = itertools.count(1)
EVERYTHING = ["view", "create", "edit", "delete", "export"]


def body(**values: Any) -> dict[str, Any]:
    """A lead nobody else is like."""
    number = next(numbers)
    return {"firstName": "Demo", "lastName": f"Lead {number}", "email": f"demo-{number}@example.com"} | values


def make(client: Client, **values: Any) -> dict[str, Any]:
    response = client.post("/leads", body(**values))
    assert response.status_code == 201, response.content
    return response.json()


def listed(client: Client, query: str = "") -> list[str]:
    """The last names of a list, in its order."""
    response = client.get(f"/leads?{query}")
    assert response.status_code == 200, response.content
    return [lead["lastName"] for lead in response.json()["data"]]


def status_id(tenant: Tenant, name: str) -> str:
    with tenant_context(tenant):
        return str(LeadStatus.objects.get(name=name).id)


def source_id(tenant: Tenant, name: str = "Referral") -> str:
    with tenant_context(tenant):
        return str(LeadSource.objects.get(name=name).id)


def history_of(tenant: Tenant, record_id: str) -> list[tuple[str, dict[str, Any]]]:
    """What was written down about a record, oldest first."""
    with tenant_context(tenant):
        entries = HistoryEntry.objects.filter(record_id=UUID(record_id)).order_by("id")
        return [(entry.action, entry.changes) for entry in entries]


def field_errors(response: Any) -> set[tuple[str, str]]:
    assert response.status_code == 400, response.content
    return {(error["field"], error["code"]) for error in response.json()["errors"]}
