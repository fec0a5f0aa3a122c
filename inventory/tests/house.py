"""What the house tests know of products and stock (nextgenerp/testing/house.py says what each name is)."""

BODIES = {
    "/inventory/products": {"sku": "PROBE", "name": "Probe"},
    "/inventory/stock/in": {"quantity": 1},
    "/inventory/stock/out": {"quantity": 1, "reason": "sale"},
    "/inventory/stock/adjust": {"delta": 1, "reason": "counted"},
}
OWN = {
    "/inventory/products/:id": "/inventory/products",
    "/inventory/stock/:productId": "/inventory/products",
}
EMPTY_BODY = {("POST", "/inventory/products/import"): 415}  # no multipart body


def fill(client, mark):
    product = client.post("/inventory/products", {
        "sku": f"{mark}-1", "name": f"{mark} product", "category": f"{mark} goods", "unit": mark[:20],
        "openingStock": "5", "openingCost": "2.5",
    })  # fmt: skip
    assert product.status_code == 201, product.content
    moved = client.post("/inventory/stock/in", {
        "productId": product.json()["id"], "quantity": 3, "reason": f"{mark} bought", "reference": f"{mark} bill",
    })  # fmt: skip
    assert moved.status_code == 201, moved.content
    changed = client.patch(f"/inventory/products/{product.json()['id']}", {"name": f"{mark} changed"})
    assert changed.status_code == 200


def add(client, tenant, number):
    product = client.post("/inventory/products", {
        "sku": f"SKU-{number}", "name": f"Product {number}", "openingStock": number,
    })  # fmt: skip
    assert product.status_code == 201, product.content
