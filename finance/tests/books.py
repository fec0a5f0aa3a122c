"""What tests of invoices, payments and expenses begin with."""

from typing import Any
from uuid import UUID

from accounts.models import Tenant
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.client import Client

EVERYTHING = ["view", "create", "edit", "delete", "export"]


def expense_body(**values: Any) -> dict[str, Any]:
    return {"category": "Travel", "amount": "1180.00", "gstRate": "18", "date": "2026-11-02"} | values


def make_expense(client: Client, **values: Any) -> dict[str, Any]:
    response = client.post("/finance/expenses", expense_body(**values))
    assert response.status_code == 201, response.content
    return response.json()


def history_of(tenant: Tenant, record_id: str) -> list[tuple[str, dict[str, Any]]]:
    """What was written down about a record, oldest first."""
    with tenant_context(tenant):
        entries = HistoryEntry.objects.filter(record_id=UUID(record_id)).order_by("id")
        return [(entry.action, entry.changes) for entry in entries]


def problem(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def field_errors(response: Any) -> set[tuple[str, str]]:
    assert response.status_code == 400, response.content
    return {(error["field"], error["code"]) for error in response.json()["errors"]}
