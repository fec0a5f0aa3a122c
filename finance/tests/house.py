"""What the house tests know of invoices, money received, expenses (nextgenerp/testing/house.py has the names)."""

from nextgenerp.testing.factories import make_seat

INVOICE = "/finance/invoices/:id"
BODIES = {
    "/finance/expenses": {"category": "Probe", "amount": "100.00"},
    "/finance/invoices": {"items": [{"description": "Probe", "quantity": 1, "rate": 1}]},
    f"{INVOICE}/payments": {"amount": "1.00", "method": "upi"},
}
OWN = {
    "/finance/expenses/:id": "/finance/expenses",
    INVOICE: "/finance/invoices",
    f"{INVOICE}/payments": "/finance/invoices",
}
EMPTY_BODY = {}


def made(response):
    assert response.status_code in {200, 201}, response.content
    return response.json()


def fill(client, mark):
    made(client.post("/finance/expenses", {
        "category": mark, "amount": "118.00", "gstRate": "18", "vendorName": f"{mark} Vendor", "reference": mark,
        "notes": mark, "vendorGstin": "27AAPFU0939F1ZV", "paymentMethod": "upi",
    }))  # fmt: skip
    customer = made(client.post("/customers", {"name": f"{mark} Buyer", "email": f"{mark}3@example.com"}))
    body = {
        "customerId": customer["id"], "notes": mark, "terms": mark, "referenceNo": mark,
        "lines": [{"name": f"{mark} work", "description": mark, "quantity": 1, "unitPrice": "100"}],
        "charges": [{"label": mark, "amount": 5}], "billingAddress": {"line1": mark},
    }  # fmt: skip
    path = f"/finance/invoices/{made(client.post('/finance/invoices', body))['id']}"
    made(client.patch(f"{path}/status", {"status": "sent"}))
    payment = {"amount": "1.00", "method": "upi", "reference": mark, "notes": mark}
    paid = made(client.post(f"{path}/payments", payment))
    made(client.post(f"{path}/payments/{paid['id']}/reverse", {"reason": mark}))
    made(client.post("/finance/invoices", body))


def add(client, tenant, number):
    made(client.post("/finance/expenses", {"category": f"Category {number}", "amount": number + 1}))
    customer = made(
        client.post("/customers", {"name": f"Buyer {number}", "email": f"buyer-{number}@example.com"})
    )
    made(client.post("/finance/invoices", {
        "customerId": customer["id"], "ownerId": str(make_seat(tenant, first_name=f"Owner {number}").id),
        "items": [{"description": f"Work {number}", "quantity": 1, "rate": 1}],
    }))  # fmt: skip
