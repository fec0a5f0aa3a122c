"""What tests of settings and sales documents begin with."""

import itertools
from typing import Any
from uuid import UUID

from accounts.models import Tenant
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.client import Client
from nextgenerp.testing.rows import rows_of

numbers = itertools.count(1)
EVERYTHING = ["view", "create", "edit", "delete", "export"]


def history_of(tenant: Tenant, record_id: str) -> list[tuple[str, dict[str, Any]]]:
    """What was written down about a record, oldest first."""
    with tenant_context(tenant):
        entries = HistoryEntry.objects.filter(record_id=UUID(record_id)).order_by("id")
        return [(entry.action, entry.changes) for entry in entries]


def field_errors(response: Any) -> set[tuple[str, str]]:
    assert response.status_code == 400, response.content
    return {(error["field"], error["code"]) for error in response.json()["errors"]}


GSTIN = "27AAPFU0939F1ZV"  # Maharashtra, where the company is when it is registered
PUNE = {"line1": "12 Demo Street", "city": "Pune", "state": "Maharashtra", "pincode": "411001"}
GOA = {"line1": "1 Demo Beach", "city": "Panaji", "state": "Goa", "pincode": "403001"}
GRANTS = (
    "leads",
    "customers",
    "quotations",
    "proforma_invoices",
    "sales_orders",
    "setup",
    "finance",
    "inventory",
)


def all_rounder(member: Any) -> Client:
    """Somebody who may do everything there is to do with documents."""
    return member(**dict.fromkeys(GRANTS, EVERYTHING))


def register_company(tenant: Tenant, gstin: str = GSTIN) -> None:
    """Let the tenant be a company registered for GST."""
    tenant.gstin, tenant.state_code = gstin, gstin[:2]
    tenant.save(update_fields=["gstin", "state_code"])


def created(response: Any) -> dict[str, Any]:
    assert response.status_code == 201, response.content
    return response.json()


def changed(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    return response.json()


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code), response.content
    return body


def make_customer(client: Client, **values: Any) -> dict[str, Any]:
    body = {"name": f"Demo Buyer {next(numbers)}", "email": "buyer@example.com", "billingAddress": PUNE}
    return created(client.post("/customers", body | values))


def make_lead(client: Client, **values: Any) -> dict[str, Any]:
    return created(
        client.post("/leads", {"firstName": "Demo", "email": f"lead-{next(numbers)}@example.com"} | values)
    )


def line(**values: Any) -> dict[str, Any]:
    return {"name": "Demo widget", "quantity": "2", "unitPrice": "100", "gstRate": "18"} | values


def make_quotation(client: Client, **values: Any) -> dict[str, Any]:
    """A draft of two lines for a new customer, unless told otherwise."""
    if not {"customerId", "leadId"} & set(values):
        values["customerId"] = make_customer(client)["id"]
    body = {"lines": [line(quantity="10"), line(name="Demo gadget", quantity="4", unitPrice="250")]}
    return created(client.post("/quotations", body | values))


def status_of(client: Client, path: str, category: str) -> str:
    """The id of the system's status of a category; ``path`` is the documents' own."""
    rows = client.get(f"{path}/meta/statuses").json()["data"]
    return next(row["id"] for row in rows if row["category"] == category and row["isSystem"])


def move(client: Client, path: str, document: dict[str, Any], category: str, **body: Any) -> Any:
    """Ask to move a document to a category; the answer."""
    wanted = {"statusId": status_of(client, path, category)} | body
    return client.patch(f"{path}/{document['id']}/status", wanted)


def sent(client: Client, quotation: dict[str, Any]) -> dict[str, Any]:
    return changed(move(client, "/quotations", quotation, "sent"))


def snapshot(tenant: Tenant) -> dict[str, list[str]]:
    """Every row of a tenant's schema, by table: what a refusal leaves as it was. Seats are counted apart."""
    found = {table: rows for (_, table), rows in rows_of(tenant.schema_name).items()}
    found["usage_counter"] = [row for row in found["usage_counter"] if ",users," not in row]
    return found


def make_product(client: Client, **values: Any) -> dict[str, Any]:
    number = next(numbers)
    body = {"sku": f"DEMO-{number}", "name": f"Demo product {number}", "salePrice": "100", "gstRate": "18"}
    return created(client.post("/inventory/products", body | values))


def make_order(client: Client, **values: Any) -> dict[str, Any]:
    """A draft of two lines for a new customer, unless told otherwise."""
    if "customerId" not in values:
        values["customerId"] = make_customer(client)["id"]
    body = {"lines": [line(quantity="10"), line(name="Demo gadget", quantity="4", unitPrice="250")]}
    return created(client.post("/sales-orders", body | values))


def confirmed(client: Client, order: dict[str, Any]) -> dict[str, Any]:
    return changed(move(client, "/sales-orders", order, "confirmed"))


def make_proforma(client: Client, **values: Any) -> dict[str, Any]:
    """A draft of two lines for a new customer, unless told otherwise."""
    if "customerId" not in values:
        values["customerId"] = make_customer(client)["id"]
    body = {"lines": [line(quantity="10"), line(name="Demo gadget", quantity="4", unitPrice="250")]}
    return created(client.post("/proforma-invoices", body | values))


def stock_of(client: Client, product: dict[str, Any]) -> tuple[str, str, str]:
    """What of a product is on hand, reserved, available."""
    found = client.get(f"/inventory/products/{product['id']}").json()
    return found["onHand"], found["reserved"], found["available"]
