"""What tests of invoices, payments and expenses begin with."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from accounts.models import Tenant
from crm.models import Customer
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import tenant_context, tenant_today
from nextgenerp.database.ids import new_id
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


GSTIN = "27AAPFU0939F1ZV"  # Maharashtra
PUNE = {"line1": "1 Demo Road", "city": "Pune", "state": "Maharashtra", "pincode": "411001"}


def charging_gst(tenant: Tenant) -> None:
    """Give a tenant a GSTIN of Maharashtra, in the test's transaction."""
    Tenant.objects.filter(pk=tenant.pk).update(gstin=GSTIN, state_code="27")
    tenant.refresh_from_db()


def day(offset: int = 0) -> str:
    """A day before (below 0) or after today in India."""
    return (tenant_today() + timedelta(days=offset)).isoformat()


def make_customer(client: Client, **values: Any) -> str:
    """The id of a new customer in Pune."""
    body = {"name": "Demo Buyer", "email": "buyer@example.com", "billingAddress": PUNE} | values
    response = client.post("/customers", body)
    assert response.status_code == 201, response.content
    return response.json()["id"]


def line(**values: Any) -> dict[str, Any]:
    return {"name": "Widget", "quantity": "1", "unitPrice": "1000.00", "gstRate": "18"} | values


def make_invoice(client: Client, customer_id: str = "", **values: Any) -> dict[str, Any]:
    """A new draft; of one line of 1000 plus GST unless said otherwise."""
    body = {"customerId": customer_id or make_customer(client), "lines": [line()]} | values
    response = client.post("/finance/invoices", body)
    assert response.status_code == 201, response.content
    return response.json()


def path_of(invoice: dict[str, Any]) -> str:
    return f"/finance/invoices/{invoice['id']}"


def issue(client: Client, customer_id: str = "", **values: Any) -> dict[str, Any]:
    """An issued invoice."""
    response = client.patch(
        f"{path_of(make_invoice(client, customer_id, **values))}/status", {"status": "sent"}
    )
    assert response.status_code == 200, response.content
    return response.json()


def pay(client: Client, invoice: dict[str, Any], amount: Any, **values: Any) -> dict[str, Any]:
    response = client.post(f"{path_of(invoice)}/payments", {"amount": amount, "method": "upi"} | values)
    assert response.status_code == 201, response.content
    return response.json()


def again(client: Client, invoice: dict[str, Any]) -> dict[str, Any]:
    """An invoice as it is now."""
    return client.get(path_of(invoice)).json()


def outstanding(tenant: Tenant, customer_id: str) -> Decimal:
    with tenant_context(tenant):
        return Customer.objects.get(pk=customer_id).outstanding


@dataclass
class Proforma:
    """A proforma invoice as the ledger sees it; sales, above, has the real ones."""

    customer_id: UUID
    payable: Decimal
    settled: Decimal = Decimal(0)
    number: str = "PI/26-27/0001"
    owner_id: UUID | None = None
    pk: UUID = field(default_factory=new_id)
    _meta: Any = field(default_factory=lambda: SimpleNamespace(label="sales.ProformaInvoice"))


def received(amount: Any, **values: Any) -> dict[str, Any]:
    """A payment as services take it."""
    return {"amount": Decimal(amount), "method": "upi"} | values


def past(offset: int) -> date:
    return tenant_today() - timedelta(days=offset)
