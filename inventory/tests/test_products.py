"""Products over HTTP: made, read, changed, deleted, and what is refused."""

import pytest

from inventory.models import Product
from inventory.tests.products import EVERYTHING, body, field_errors, make
from nextgenerp.core import entitlements
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import tenant_context


@pytest.fixture
def client(member):
    return member(inventory=EVERYTHING)


def history_of(tenant, identifier):
    with tenant_context(tenant):
        entries = HistoryEntry.objects.filter(record_id=identifier).order_by("id")
        return [(entry.action, entry.changes) for entry in entries]


def test_a_product_has_every_field_and_the_full_scale(client):
    response = client.post("/inventory/products", {
        "sku": " Cable-01 ", "name": "Copper cable", "type": "goods", "category": "Cables", "unit": "MTR",
        "hsnSac": "85444299", "gstRate": 18, "salePrice": "95.5", "purchasePrice": 61.25, "taxMode": "inclusive",
        "reorderLevel": "10",
    })  # fmt: skip
    assert response.status_code == 201
    product = response.json()
    assert response["Location"] == f"/inventory/products/{product['id']}"
    assert response["ETag"] == '"1"'
    assert client.get(response["Location"]).json() == product
    del product["id"], product["createdAt"], product["updatedAt"]
    assert product == {
        "sku": "Cable-01", "name": "Copper cable", "type": "goods", "category": "Cables", "unit": "MTR",
        "hsnSac": "85444299", "gstRate": "18.000", "salePrice": "95.5000", "purchasePrice": "61.2500",
        "taxMode": "inclusive", "trackStock": True, "reorderLevel": "10.000", "onHand": "0.000", "reserved": "0.000",
        "available": "0.000", "averageCost": "0.0000", "stockValue": "0.00", "isActive": True, "version": 1,
    }  # fmt: skip


def test_a_service_is_not_tracked(client):
    assert make(client, type="service")["trackStock"] is False
    before = client.get("/inventory/products").json()["pagination"]["total"]
    response = client.post("/inventory/products", body(type="service", trackStock=True))
    assert field_errors(response) == {("trackStock", "invalid")}
    assert client.get("/inventory/products").json()["pagination"]["total"] == before


def test_what_becomes_a_service_is_not_tracked_any_longer(client):
    product = make(client)
    path = f"/inventory/products/{product['id']}"
    assert field_errors(client.patch(path, {"type": "service", "trackStock": True})) == {
        ("trackStock", "invalid")
    }
    assert client.patch(path, {"type": "service"}).json()["trackStock"] is False
    assert field_errors(client.patch(path, {"trackStock": True})) == {("trackStock", "invalid")}
    assert client.patch(path, {"type": "goods", "trackStock": True}).json()["trackStock"] is True


@pytest.mark.parametrize(("field", "value", "code"), [
    ("sku", "", "blank"), ("sku", "x" * 61, "max_length"), ("name", "", "blank"), ("name", None, "null"),
    ("type", "thing", "invalid_choice"), ("hsnSac", "123", "invalid"), ("hsnSac", "12345", "invalid"),
    ("hsnSac", "12a4", "invalid"), ("gstRate", "-1", "min_value"), ("gstRate", "100.001", "max_value"),
    ("gstRate", "1.2345", "max_decimal_places"), ("gstRate", "17", "invalid_rate"),
    ("salePrice", "-0.01", "min_value"), ("salePrice", "NaN", "invalid"),
    ("salePrice", "1e20", "max_digits"), ("purchasePrice", "0.00001", "max_decimal_places"),
    ("purchasePrice", "-1", "min_value"), ("taxMode", "both", "invalid_choice"), ("reorderLevel", "-1", "min_value"),
    ("reorderLevel", "0.0001", "max_decimal_places"), ("category", "x" * 101, "max_length"),
    ("unit", "x" * 21, "max_length"), ("isActive", "maybe", "invalid"), ("colour", "red", "unknown_field"),
])  # fmt: skip
def test_bad_values_are_named(field, value, code, client, tenant):
    assert field_errors(client.post("/inventory/products", body(**{field: value}))) == {(field, code)}
    with tenant_context(tenant):
        assert not Product.objects.exists()
        assert entitlements.used("products") == 0


def test_an_sku_is_unique_whatever_its_case(client):
    first = make(client, sku="Straße-1 A")
    response = client.post("/inventory/products", body(sku=" STRASSE-1  a"))
    assert (response.status_code, response.json()["code"]) == (409, "duplicate")
    assert response.json()["existing"] == {"id": first["id"], "sku": "Straße-1 A"}
    second = make(client)
    response = client.patch(f"/inventory/products/{second['id']}", {"sku": "strasse-1 A"})
    assert response.json()["code"] == "duplicate"
    assert client.patch(f"/inventory/products/{first['id']}", {"sku": "STRASSE-1 A"}).status_code == 200


def test_a_change_is_written_down_and_raises_the_version(client, tenant):
    product = make(client, name="Old name")
    path = f"/inventory/products/{product['id']}"
    stale = client.patch(path, {"name": "New name"}, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    response = client.patch(path, {"name": "New name", "gstRate": "5"}, headers={"If-Match": '"1"'})
    assert (response["ETag"], response.json()["version"]) == ('"2"', 2)
    assert client.patch(path, {"name": "New name", "gstRate": "5.000"}).json()["version"] == 2
    assert history_of(tenant, product["id"]) == [
        ("created", {}), ("updated", {"name": ["Old name", "New name"], "gstRate": ["0.000", "5.000"]})
    ]  # fmt: skip
    assert client.get("/inventory/products?search=new%20name").json()["data"][0]["id"] == product["id"]


def test_what_was_read_may_be_sent_back(client):
    product = make(client)
    response = client.patch(
        f"/inventory/products/{product['id']}", product | {"onHand": "7", "stockValue": "9"}
    )
    assert response.json() == product


def test_an_unused_product_is_deleted_and_its_place_is_free(client, tenant):
    product = make(client)
    with tenant_context(tenant):
        assert entitlements.used("products") == 1
    assert client.delete(f"/inventory/products/{product['id']}").status_code == 204
    assert client.get(f"/inventory/products/{product['id']}").status_code == 404
    with tenant_context(tenant):
        assert entitlements.used("products") == 0
    assert [action for action, _ in history_of(tenant, product["id"])] == ["created", "deleted"]


def test_the_plan_limits_products(client, tenant, monkeypatch):
    monkeypatch.setattr(entitlements, "_provider", lambda one: Entitlements({"products": 1}))
    make(client)
    response = client.post("/inventory/products", body())
    assert (response.status_code, response.json()["code"]) == (403, "plan_limit_reached")
    assert response.json()["limit"] == {"key": "products", "used": 1, "limit": 1}
    assert client.get("/inventory/products").json()["pagination"]["total"] == 1


def test_a_plan_without_inventory_has_none(client, tenant, monkeypatch):
    without = Entitlements({}, disabled_features=frozenset({"inventory"}))
    monkeypatch.setattr(entitlements, "_provider", lambda one: without)
    response = client.get("/inventory/products")
    assert (response.status_code, response.json()["code"]) == (403, "feature_not_in_plan")
