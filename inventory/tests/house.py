"""What the house tests know of products and stock (nextgenerp/testing/house.py says what each name is)."""

BODIES = {"/inventory/products": {"sku": "PROBE", "name": "Probe"}}
OWN = {"/inventory/products/:id": "/inventory/products"}
EMPTY_BODY = {}


def fill(client, mark):
    product = client.post("/inventory/products", {
        "sku": f"{mark}-1", "name": f"{mark} product", "category": f"{mark} goods", "unit": mark[:20],
    })  # fmt: skip
    assert product.status_code == 201, product.content
    changed = client.patch(f"/inventory/products/{product.json()['id']}", {"name": f"{mark} changed"})
    assert changed.status_code == 200


def add(client, tenant, number):
    product = client.post("/inventory/products", {"sku": f"SKU-{number}", "name": f"Product {number}"})
    assert product.status_code == 201, product.content
