"""What tests of documents begin with."""

from typing import Any

from nextgenerp.core.documents.models import IssuedNumber
from nextgenerp.core.documents.tests import probe
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.client import Client

MAHARASHTRA, KARNATAKA = "27AAPFU0939F1ZV", "29AAGCB7383J1Z4"
EVERYTHING = ["view", "create", "edit", "delete", "export"]
GRANTS = {"quotations": EVERYTHING, "customers": EVERYTHING, "inventory": EVERYTHING}
NOWHERE = dict.fromkeys(("line1", "line2", "city", "state", "stateCode", "pincode", "country"), "")
PUNE = NOWHERE | {
    "line1": "1 Demo Road", "city": "Pune", "state": "Maharashtra", "stateCode": "27", "pincode": "411001",
    "country": "India",
}  # fmt: skip
BENGALURU = NOWHERE | {
    "line1": "2 Demo Road", "city": "Bengaluru", "state": "Karnataka", "stateCode": "29", "country": "India",
}  # fmt: skip


def register(tenant: Any, gstin: str = MAHARASHTRA) -> None:
    """Give a tenant a GSTIN."""
    tenant.gstin, tenant.state_code = gstin, gstin[:2]
    tenant.save()


def make(client: Client, where: str, **values: Any) -> dict[str, Any]:
    response = client.post(where, values)
    assert response.status_code == 201, response.content
    return response.json()


def customer(client: Client, **values: Any) -> dict[str, Any]:
    return make(client, "/customers", **{"name": "Demo Works", "billingAddress": PUNE} | values)


def line(**values: Any) -> dict[str, Any]:
    return {"name": "Widget", "quantity": "2", "unitPrice": "100", "gstRate": "18"} | values


def estimate(client: Client, **values: Any) -> dict[str, Any]:
    """A new estimate, of a new customer unless one is given."""
    if "customerId" not in values:
        values["customerId"] = customer(client)["id"]
    return make(client, "/estimates", **{"lines": [line()]} | values)


def read(client: Client, identifier: str) -> dict[str, Any]:
    response = client.get(f"/estimates/{identifier}")
    assert response.status_code == 200, response.content
    return response.json()


def change(client: Client, document: dict[str, Any], **values: Any) -> dict[str, Any]:
    response = client.patch(f"/estimates/{document['id']}", values)
    assert response.status_code == 200, response.content
    return response.json()


def errors(response: Any) -> list[tuple[str, str]]:
    """The fields and codes of a 400."""
    assert response.status_code == 400, response.content
    return [(error["field"], error["code"]) for error in response.json()["errors"]]


def history_of(tenant: Any, document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    with tenant_context(tenant):
        entries = HistoryEntry.objects.filter(record_id=document["id"]).order_by("id")
        return [(entry.action, entry.changes) for entry in entries]


def register_of(tenant: Any) -> list[tuple[str, str]]:
    """The numbers of the register with their states."""
    with tenant_context(tenant):
        return list(IssuedNumber.objects.order_by("period", "sequence").values_list("number", "status"))


def stored(tenant: Any) -> tuple[int, int, int, int]:
    """How many estimates, lines, numbers and history entries there are."""
    with tenant_context(tenant):
        models = (probe.Estimate, probe.EstimateLine, IssuedNumber, HistoryEntry)
        return tuple(model.objects.count() for model in models)


def refused(tenant: Any, send: Any, *expected: tuple[str, str]) -> None:
    """Assert that a request is a 400 of these fields and codes and leaves nothing behind."""
    before = stored(tenant)
    assert errors(send()) == list(expected)
    assert stored(tenant) == before
