"""What the house tests know of settings and sales documents (nextgenerp/testing/house.py says what each name is)."""

STATUS_LISTS = (
    "/sales-settings/quotation-statuses", "/sales-settings/pi-statuses", "/sales-settings/so-statuses",
)  # fmt: skip
ACCOUNT = {
    "accountName": "Demo",
    "bankName": "Demo Bank",
    "accountNumber": "123456789012",
    "ifsc": "DEMO0001234",
}
TERMS = {"name": "Demo terms", "content": "Demo"}
FEW = 10  # with those a tenant begins with, a page of statuses is not full: a full one is counted, with a query more
BODIES = {
    **{path: {"name": "Probe", "category": "draft"} for path in STATUS_LISTS},
    "/sales-settings/bank-accounts": ACCOUNT,
    "/sales-settings/terms-templates": TERMS,
}
OWN = {
    **{f"{path}/:id": path for path in STATUS_LISTS},
    "/sales-settings/bank-accounts/:id": "/sales-settings/bank-accounts",
    "/sales-settings/terms-templates/:id": "/sales-settings/terms-templates",
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


def add(client, tenant, number):
    for path in STATUS_LISTS if number < FEW else ():
        made(client.post(path, {"name": f"Status {number}", "category": "draft"}))
    made(client.post("/sales-settings/bank-accounts", ACCOUNT | {"accountName": f"Account {number}"}))
    made(client.post("/sales-settings/terms-templates", TERMS | {"name": f"Terms {number}"}))
