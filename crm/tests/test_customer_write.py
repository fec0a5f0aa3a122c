"""Customers made, changed and deleted."""

import pytest

from crm.models import Customer
from crm.tests.leads import EVERYTHING, history_of
from nextgenerp.core import entitlements
from nextgenerp.core.tenancy import tenant_context

GSTIN, KARNATAKA = "27AAPFU0939F1ZV", "29AAGCB7383J1Z4"
PUNE = {
    "line1": "1 Demo Road", "line2": "", "city": "Pune", "state": "Maharashtra", "stateCode": "27",
    "pincode": "411001", "country": "India",
}  # fmt: skip
NOWHERE = dict.fromkeys(PUNE, "")


@pytest.fixture
def client(member):
    return member(customers=EVERYTHING)


def make(client, **values):
    response = client.post("/customers", {"name": "Demo Works"} | values)
    assert response.status_code == 201, response.content
    return response.json()


def count(tenant):
    with tenant_context(tenant):
        return Customer.objects.count(), entitlements.used("customers")


def test_a_name_is_enough(client, tenant):
    response = client.post("/customers", {"name": "  Demo   Works "})
    body = response.json()
    assert response.status_code == 201
    assert response["Location"] == f"/customers/{body['id']}"
    seat = client.seat
    assert {key: body[key] for key in body if key not in {"id", "code", "createdAt", "updatedAt"}} == {
        "type": "business", "name": "Demo   Works", "contactPerson": "", "email": "", "phone": "",
        "alternatePhone": "", "gstin": "", "pan": "", "gstCategory": "unregistered", "billingAddress": NOWHERE,
        "shippingAddresses": [], "creditLimit": None, "creditDays": 0, "outstanding": "0.00", "tags": [], "notes": "",
        "ownerId": str(seat.id), "owner": {"id": str(seat.id), "name": f"{seat.first_name} {seat.last_name}"},
        "sourceLeadId": None, "isActive": True, "version": 1,
    }  # fmt: skip
    assert body["code"].startswith("CU-0")
    assert client.get(f"/customers/{body['id']}").json() == body
    assert history_of(tenant, body["id"]) == [("created", {})]
