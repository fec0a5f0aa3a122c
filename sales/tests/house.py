"""What the house tests know of settings and sales documents (nextgenerp/testing/house.py says what each name is)."""

from nextgenerp.testing.factories import make_seat

STATUS_LISTS = (
    "/sales-settings/quotation-statuses", "/sales-settings/pi-statuses", "/sales-settings/so-statuses",
)  # fmt: skip
ACCOUNT = {
    "accountName": "Demo",
    "bankName": "Demo Bank",
    "accountNumber": "123456789012",
    "ifsc": "DEMO0001234",
}
LINE = {"name": "Demo", "quantity": "2", "unitPrice": "100"}
DOCUMENTS = ("/quotations", "/proforma-invoices", "/sales-orders")
TERMS = {"name": "Demo terms", "content": "Demo"}
FEW = 10  # with those a tenant begins with, a page of statuses is not full: a full one is counted, with a query more
BODIES = {
    **{path: {"name": "Probe", "category": "draft"} for path in STATUS_LISTS},
    "/sales-settings/bank-accounts": ACCOUNT,
    "/sales-settings/terms-templates": TERMS,
    **{path: {"lines": [LINE]} for path in DOCUMENTS},
    "/sales/calculate": {"lines": [LINE]},
    "/proforma-invoices/from-quotation": {},
    "/sales-orders/from-quotation": {},
    "/sales-orders/from-pi": {},
    "/finance/invoices/from-sales-order": {},
}
OWN = {
    **{f"{path}/:id": path for path in STATUS_LISTS},
    "/sales-settings/bank-accounts/:id": "/sales-settings/bank-accounts",
    "/sales-settings/terms-templates/:id": "/sales-settings/terms-templates",
    **{f"{path}/:id": path for path in DOCUMENTS},
    **{f"{path}/:id/status": path for path in DOCUMENTS},
}
EMPTY_BODY = {("PATCH", "/sales-settings/company-profile"): 200}


def made(response):
    assert response.status_code == 201, response.content
    return response.json()


def fill(client, mark):
    for path in STATUS_LISTS:
        made(client.post(path, {"name": f"{mark} status", "category": "draft"}))
    made(
        client.post(
            "/sales-settings/bank-accounts", ACCOUNT | {"accountName": mark, "bankName": mark, "branch": mark}
        )
    )
    made(client.post("/sales-settings/terms-templates", {"name": mark, "content": mark}))
    changed = client.patch(
        "/sales-settings/company-profile", {"address": {"line1": mark}, "website": f"{mark}.example"}
    )
    assert changed.status_code == 200, changed.content
    fill_documents(client, mark)


def fill_documents(client, mark):
    """A sale from quotation to delivery, and a draft of each kind, the newest of its list."""
    customer = made(
        client.post("/customers", {"name": f"{mark} Buyers", "email": f"{mark}-buyer@example.com"})
    )
    line = LINE | {"name": mark, "description": mark}
    body = {"customerId": customer["id"], "lines": [line], "notes": mark, "terms": mark, "referenceNo": mark}
    quotation = made(client.post("/quotations", body))
    move(client, "/quotations", quotation, "sent")
    revision = made(client.post(f"/quotations/{quotation['id']}/revise", {"reason": mark}))
    move(client, "/quotations", revision, "sent")
    proforma = made(client.post("/proforma-invoices/from-quotation", {"quotationId": revision["id"]}))
    move(client, "/proforma-invoices", proforma, "sent")
    payment = {"amount": "50", "method": "upi", "reference": mark, "notes": mark}
    made(client.post(f"/proforma-invoices/{proforma['id']}/payments", payment))
    order = made(client.post("/sales-orders/from-pi", {"piId": proforma["id"]}))
    move(client, "/sales-orders", order, "confirmed")
    delivery = {
        "lines": [{"lineId": order["lines"][0]["id"], "quantity": "1"}],
        "transporter": mark,
        "notes": mark,
    }
    made(client.post(f"/sales-orders/{order['id']}/deliveries", delivery))
    for path in DOCUMENTS:
        made(client.post(path, body))


def move(client, path, document, category):
    """Move a document to the system's status of a category."""
    statuses = client.get(f"{path}/meta/statuses").json()["data"]
    status = next(one["id"] for one in statuses if one["category"] == category and one["isSystem"])
    answer = client.patch(f"{path}/{document['id']}/status", {"statusId": status})
    assert answer.status_code == 200, answer.content


def add(client, tenant, number):
    for path in STATUS_LISTS if number < FEW else ():
        made(client.post(path, {"name": f"Status {number}", "category": "draft"}))
    made(client.post("/sales-settings/bank-accounts", ACCOUNT | {"accountName": f"Account {number}"}))
    made(client.post("/sales-settings/terms-templates", TERMS | {"name": f"Terms {number}"}))
    customer = made(
        client.post("/customers", {"name": f"Buyer {number}", "email": f"buyer-{number}@example.com"})
    )
    lead = made(
        client.post("/leads", {"firstName": f"Asker {number}", "email": f"asker-{number}@example.com"})
    )
    owner = make_seat(tenant, first_name=f"Seller {number}")
    body = {"customerId": customer["id"], "ownerId": str(owner.id), "lines": [LINE]}
    made(client.post("/quotations", body | {"leadId": lead["id"]}))
    made(client.post("/proforma-invoices", body))
    made(client.post("/sales-orders", body))
