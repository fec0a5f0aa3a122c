"""What the house tests know of invoices, money received, expenses (nextgenerp/testing/house.py has the names)."""

BODIES = {"/finance/expenses": {"category": "Probe", "amount": "100.00"}}
OWN = {"/finance/expenses/:id": "/finance/expenses"}
EMPTY_BODY = {}


def fill(client, mark):
    expense = client.post("/finance/expenses", {
        "category": mark, "amount": "118.00", "gstRate": "18", "vendorName": f"{mark} Vendor", "reference": mark,
        "notes": mark, "vendorGstin": "27AAPFU0939F1ZV", "paymentMethod": "upi",
    })  # fmt: skip
    assert expense.status_code == 201, expense.content


def add(client, tenant, number):
    expense = client.post("/finance/expenses", {"category": f"Category {number}", "amount": number + 1})
    assert expense.status_code == 201, expense.content
