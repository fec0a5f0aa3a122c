"""Quotations made, read, changed, deleted, listed and exported."""

import csv
import io
from datetime import timedelta

import pytest

from nextgenerp.core.documents.models import IssuedNumber
from nextgenerp.core.tenancy import tenant_context, tenant_today
from sales.models import Quotation, QuotationLine
from sales.tests.documents import (
    EVERYTHING,
    GOA,
    all_rounder,
    changed,
    created,
    field_errors,
    history_of,
    line,
    make_customer,
    make_lead,
    make_product,
    make_quotation,
    move,
    refused,
    register_company,
    sent,
    snapshot,
    status_of,
)


@pytest.fixture
def client(member):
    return all_rounder(member)


@pytest.fixture
def registered(tenant):
    register_company(tenant)


@pytest.mark.parametrize(
    ("priced", "stated", "expected"),
    [("inclusive", "exclusive", "100.0000"), ("exclusive", "inclusive", "139.2400")],
)
def test_a_product_brings_its_price_as_the_document_states_prices(client, tenant, priced, stated, expected):
    """Without a GSTIN no GST is charged, and a price is what it says; see also documents/tests/test_products.py."""
    product = make_product(client, salePrice="118", gstRate="18", taxMode=priced)
    one = {"productId": product["id"], "quantity": 1}
    body = {"customerId": make_customer(client)["id"], "taxMode": stated, "lines": [one]}
    without = created(client.post("/quotations", body))
    assert (without["lines"][0]["unitPrice"], without["totals"]["payable"]) == ("118.0000", "118.00")
    calculated = client.post("/sales/calculate", body).json()
    assert calculated["lines"][0]["unitPrice"] == "118.0000"
    register_company(tenant)
    charged = created(client.post("/quotations", body))
    assert charged["lines"][0]["unitPrice"] == expected
    lines = [{"id": without["lines"][0]["id"]}, one]
    later = changed(client.patch(f"/quotations/{without['id']}", {"lines": lines}))
    assert [line["unitPrice"] for line in later["lines"]] == ["118.0000", expected]


def test_a_quotation_is_computed_numbered_and_a_draft(client, tenant, registered):
    customer = make_customer(client, name="Demo Traders")
    response = client.post("/quotations", {
        "customerId": customer["id"], "date": "2026-11-23", "validUntil": "2026-12-23", "referenceNo": "RFQ 7",
        "lines": [line(quantity="2.5", unitPrice="99.9999", hsnSac="8471"), line(gstRate="5", discountValue="10")],
    })  # fmt: skip
    quotation = created(response)
    assert response["Location"] == f"/quotations/{quotation['id']}"
    assert response["ETag"] == '"1"'
    assert quotation["number"] == "QT/26-27/0001"
    assert quotation["status"] | {"id": ""} == {
        "id": "", "name": "Draft", "color": "#6B7280", "order": 1, "category": "draft",
    }  # fmt: skip
    assert quotation["customer"] == {"id": customer["id"], "code": customer["code"], "name": "Demo Traders"}
    assert (quotation["placeOfSupply"], quotation["supplyType"]) == ("27", "intra")
    assert (quotation["revision"], quotation["sourceId"], quotation["leadId"]) == (0, None, None)
    assert quotation["ownerId"] == quotation["createdById"] == str(client.seat.id)
    first, second = quotation["lines"]
    assert (first["gross"], first["cgst"], first["sgst"], first["total"]) == (
        "250.00",
        "22.50",
        "22.50",
        "295.00",
    )
    assert (first["proformaQuantity"], first["orderedQuantity"], first["remainingQuantity"]) == (
        "0.000", "0.000", "2.500",
    )  # fmt: skip
    assert (second["gross"], second["discountAmount"], second["taxableValue"]) == (
        "200.00",
        "20.00",
        "180.00",
    )
    totals = quotation["totals"]
    assert {name: totals[name] for name in ("subTotal", "lineDiscount", "cgst", "taxTotal", "payable")} == {
        "subTotal": "430.00", "lineDiscount": "20.00", "cgst": "27.00", "taxTotal": "54.00", "payable": "484.00",
    }  # fmt: skip
    assert client.get(f"/quotations/{quotation['id']}").json() == quotation
    assert history_of(tenant, quotation["id"]) == [("created", {})]


def test_a_client_may_send_back_what_it_read(client):
    quotation = make_quotation(client)
    assert changed(client.patch(f"/quotations/{quotation['id']}", quotation)) == quotation


def test_a_quotation_for_a_lead_takes_the_leads_address(client):
    lead = make_lead(client, address="5 Demo Lane", city="Pune", state="Maharashtra", pincode="411002")
    quotation = make_quotation(client, leadId=lead["id"])
    assert quotation["customerId"] is None
    assert quotation["lead"]["leadNumber"] == lead["leadNumber"]
    assert (quotation["billingAddress"]["line1"], quotation["billingAddress"]["stateCode"]) == (
        "5 Demo Lane",
        "27",
    )
    odd = make_lead(client, address="5 Demo Lane", city="Pune", state="Nowhere", pincode="1")
    assert make_quotation(client, leadId=odd["id"])["billingAddress"]["line1"] == ""
    assert client.get(f"/leads/{lead['id']}/quotations").json()["data"][0]["id"] == quotation["id"]


def test_a_lead_with_quotations_is_kept(client):
    lead = make_lead(client)
    make_quotation(client, leadId=lead["id"])
    refused(client.delete(f"/leads/{lead['id']}"), 409, "in_use")


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("customerId", None, ("customerId", "required")),
        ("customerId", "01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17", ("customerId", "does_not_exist")),
        ("leadId", "x", ("leadId", "does_not_exist")),
        ("statusId", "x", ("statusId", "does_not_exist")),
        ("validUntil", "23/12/2026", ("validUntil", "invalid")),
        ("currency", "USD", ("currency", "invalid_choice")),
        ("lines", [], ("lines", "empty")),
        ("lines", [{}], ("lines.0.quantity", "required")),
        ("lines", [line(quantity="0")], ("lines.0.quantity", "min_value")),
        ("lines", [line(quantity="1e30")], ("lines.0.quantity", "max_digits")),
        ("lines", [line(gstRate="100.5")], ("lines.0.gstRate", "max_value")),
        ("lines", [line(discountValue="101")], ("lines.0.discountValue", "max_value")),
        (
            "lines",
            [line(productId="01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17")],
            ("lines.0.productId", "does_not_exist"),
        ),
        ("lines", [line(price="1")], ("lines.0.price", "unknown_field")),
        ("placeOfSupply", "99", ("placeOfSupply", "invalid_state")),
        ("discountValue", "-1", ("discountValue", "min_value")),
        ("charges", [{"label": "Freight"}], ("charges.0.amount", "required")),
        ("ownerId", "01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17", ("ownerId", "does_not_exist")),
        ("priority", "high", ("priority", "unknown_field")),
    ],
)
def test_a_quotation_that_is_none_is_refused_whole(field, value, error, client, tenant, registered):
    customer = make_customer(client)
    before = snapshot(tenant)
    body = {"customerId": customer["id"], "lines": [line()]} | {field: value}
    assert error in field_errors(client.post("/quotations", body))
    assert snapshot(tenant) == before


def test_a_new_quotation_is_a_draft_whatever_is_wished(client, tenant):
    customer = make_customer(client)
    body = {
        "customerId": customer["id"],
        "lines": [line()],
        "statusId": status_of(client, "/quotations", "sent"),
    }
    assert field_errors(client.post("/quotations", body)) == {("statusId", "not_draft")}
    own = created(
        client.post("/sales-settings/quotation-statuses", {"name": "To be checked", "category": "draft"})
    )
    made = created(client.post("/quotations", body | {"statusId": own["id"]}))
    assert made["status"]["name"] == "To be checked"
    default = changed(client.patch(f"/sales-settings/quotation-statuses/{own['id']}", {"isDefault": True}))
    assert make_quotation(client)["statusId"] == default["id"]


def test_lines_are_replaced_and_those_with_an_id_kept(client, tenant):
    quotation = make_quotation(client)
    first = quotation["lines"][0]
    body = {"lines": [line(name="New", quantity="1"), {"id": first["id"], "quantity": "3"}]}
    after = changed(client.patch(f"/quotations/{quotation['id']}", body, headers={"If-Match": '"1"'}))
    assert [(one["name"], one["quantity"]) for one in after["lines"]] == [
        ("New", "1.000"),
        ("Demo widget", "3.000"),
    ]
    assert after["lines"][1]["id"] == first["id"]
    assert (after["version"], after["totals"]["subTotal"]) == (2, "400.00")
    refused(
        client.patch(f"/quotations/{quotation['id']}", body, headers={"If-Match": '"1"'}),
        412,
        "version_mismatch",
    )
    with tenant_context(tenant):
        assert QuotationLine.objects.filter(document_id=quotation["id"]).count() == 2
    wrong = {"lines": [{"id": quotation["lines"][1]["id"]}]}
    assert field_errors(client.patch(f"/quotations/{quotation['id']}", wrong)) == {
        ("lines.0.id", "does_not_exist")
    }


def test_a_draft_goes_and_leaves_its_number(client, tenant):
    quotation, kept = make_quotation(client), make_quotation(client)
    assert client.delete(f"/quotations/{quotation['id']}").status_code == 204
    assert client.get(f"/quotations/{quotation['id']}").status_code == 404
    with tenant_context(tenant):
        rows = IssuedNumber.objects.order_by("sequence").values_list("number", "status")
        assert list(rows) == [(quotation["number"], "void"), (kept["number"], "used")]
        assert not QuotationLine.objects.filter(document_id=quotation["id"]).exists()
    assert make_quotation(client)["number"] == "QT/26-27/0003"


def test_what_was_sent_is_neither_changed_nor_deleted(client, tenant):
    quotation = sent(client, make_quotation(client))
    before = snapshot(tenant)
    refused(client.patch(f"/quotations/{quotation['id']}", {"notes": "x"}), 409, "locked")
    refused(client.delete(f"/quotations/{quotation['id']}"), 409, "locked")
    assert snapshot(tenant) == before


def test_what_is_printed_is_copied_when_it_is_sent(client, tenant, registered):
    account = created(client.post("/sales-settings/bank-accounts", {
        "accountName": "Demo", "bankName": "Demo Bank", "accountNumber": "123456789012", "ifsc": "DEMO0001234",
    }))  # fmt: skip
    customer = make_customer(client, name="Before")
    quotation = make_quotation(client, customerId=customer["id"], bankAccountId=account["id"], terms="Before")
    sent(client, quotation)
    client.patch(f"/customers/{customer['id']}", {"name": "After"})
    client.patch("/sales-settings/company-profile", {"name": "After", "gstin": "", "stateCode": "30"})
    assert client.delete(f"/sales-settings/bank-accounts/{account['id']}").status_code == 204
    with tenant_context(tenant):
        stored = Quotation.objects.get(id=quotation["id"])
    assert stored.bank_account_id is None
    assert stored.snapshot["customer"]["name"] == "Before"
    assert stored.snapshot["bankAccount"]["account_number"] == "123456789012"
    assert (stored.snapshot["company"]["gstin"], stored.snapshot["terms"]) == (tenant.gstin, "Before")
    assert changed(client.get(f"/quotations/{quotation['id']}"))["totals"] == quotation["totals"]
    pdf = client.get(f"/quotations/{quotation['id']}/pdf?disposition=inline")
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")
    assert pdf["Content-Disposition"] == 'inline; filename="QT-26-27-0001.pdf"'


def test_lists_are_filtered_sorted_and_searched(client, registered):
    buyer = make_customer(client, name="Zebra Works")
    lead = make_lead(client)
    small = make_quotation(client, customerId=buyer["id"], date="2026-05-01", lines=[line(quantity="1")])
    large = make_quotation(client, leadId=lead["id"], date="2026-06-01", referenceNo="Tender 42")
    sent(client, large)

    def found(query):
        response = client.get(f"/quotations?{query}")
        assert response.status_code == 200, response.content
        return [row["id"] for row in response.json()["data"]]

    assert found("") == [large["id"], small["id"]]
    assert found("sortBy=payable&sortOrder=asc") == [small["id"], large["id"]]
    assert found("sortBy=number&sortOrder=desc") == [large["id"], small["id"]]
    assert found("sortBy=validUntil&sortOrder=asc") == [small["id"], large["id"]]
    assert found("status=sent,accepted") == [large["id"]]
    assert found(f"statusId={small['statusId']}") == [small["id"]]
    assert found(f"customerId={buyer['id']}") == [small["id"]]
    assert found(f"leadId={lead['id']}") == [large["id"]]
    assert found(f"ownerId={client.seat.id}") == [large["id"], small["id"]]
    assert found("dateFrom=2026-05-02&dateTo=2026-06-01") == [large["id"]]
    assert found("amountTo=118.00") == [small["id"]]
    assert found("search=zebra") == [small["id"]]
    assert found("search=tender") == [large["id"]]
    assert found("search=0002") == [large["id"]]
    assert found("status=converted") == []
    assert field_errors(client.get("/quotations?status=open")) == {("status", "invalid_choice")}
    row = client.get("/quotations").json()["data"][0]
    whole = client.get(f"/quotations/{large['id']}").json()
    assert row == {name: value for name, value in whole.items() if name != "lines"}


def test_export_is_for_those_who_view(member, client):
    make_quotation(client, validUntil="2026-12-31")
    response = member(quotations=["view"]).get("/quotations/export")
    assert response.status_code == 200
    [row] = csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig")))
    assert (row["number"], row["status"], row["statusCategory"]) == ("QT/26-27/0001", "Draft", "draft")
    assert (row["validUntil"], row["payable"], row["revision"]) == ("2026-12-31", "2000.00", "0")


def test_scope_is_the_same_everywhere(member, client, tenant):
    own = member(scope="own", quotations=EVERYTHING, customers=["view", "create"])
    mine, others = make_quotation(own), make_quotation(client)
    assert [row["id"] for row in own.get("/quotations").json()["data"]] == [mine["id"]]
    for method, path in (
        ("get", ""), ("patch", ""), ("delete", ""), ("patch", "/status"), ("post", "/revise"), ("get", "/revisions"),
        ("get", "/activities"), ("get", "/pdf"),
    ):  # fmt: skip
        assert getattr(own, method)(f"/quotations/{others['id']}{path}").status_code == 404
    export = b"".join(own.get("/quotations/export").streaming_content).decode()
    assert mine["number"] in export
    assert others["number"] not in export


def test_the_quotations_of_a_lead_need_both_grants(member, client):
    lead = make_lead(client)
    make_quotation(client, leadId=lead["id"])
    path = f"/leads/{lead['id']}/quotations"
    assert refused(member(leads=["view"]).get(path), 403, "permission_denied")["module"] == "Quotations"
    assert refused(member(quotations=["view"]).get(path), 403, "permission_denied")["module"] == "Leads"
    assert (
        member(leads=["view"], quotations=["view"]).get(f"{path}?status=draft").json()["pagination"]["total"]
        == 1
    )
    assert member(scope="own", leads=["view"], quotations=["view"]).get(path).status_code == 404


def test_the_timeline_tells_what_happened(client):
    quotation = make_quotation(client)
    client.patch(f"/quotations/{quotation['id']}", {"notes": "Demo"})
    sent(client, quotation)
    entries = client.get(f"/quotations/{quotation['id']}/activities").json()["data"]
    assert [(one["action"], one["changes"]) for one in entries] == [
        ("status_changed", {"status": ["Draft", "Sent"], "category": ["draft", "sent"]}),
        ("updated", {"notes": ["", "Demo"]}),
        ("created", {}),
    ]
    assert {one["actor"]["id"] for one in entries} == {str(client.seat.id)}


def test_creating_is_safe_to_repeat(client, tenant):
    customer = make_customer(client)
    body = {"customerId": customer["id"], "lines": [line()]}
    first = client.post("/quotations", body, headers={"Idempotency-Key": "quotation-1"})
    again = client.post("/quotations", body, headers={"Idempotency-Key": "quotation-1"})
    assert (created(first), again["Idempotency-Replayed"]) == (created(again), "true")
    with tenant_context(tenant):
        assert Quotation.objects.count() == 1


def test_creating_takes_few_statements(client, queries, registered):
    customer = make_customer(client)
    body = {"customerId": customer["id"], "lines": [line() for _ in range(5)]}
    created(client.post("/quotations", body))
    with queries() as seen:
        created(client.post("/quotations", body))
    assert len(seen) <= 10, "\n".join(seen)


def test_another_place_of_supply_is_taxed_by_igst(client, registered):
    customer = make_customer(client, billingAddress=GOA)
    quotation = make_quotation(client, customerId=customer["id"])
    assert (quotation["supplyType"], quotation["totals"]["igst"]) == ("inter", "360.00")
    home = changed(client.patch(f"/quotations/{quotation['id']}", {"placeOfSupply": "27"}))
    assert (home["supplyType"], home["totals"]["cgst"], home["totals"]["igst"]) == ("intra", "180.00", "0.00")


def test_todays_date_is_the_tenants(client, tenant):
    quotation = make_quotation(client)
    with tenant_context(tenant):
        today = tenant_today()
    assert quotation["date"] == today.isoformat()
    next_year = (today + timedelta(days=400)).isoformat()
    moved = changed(client.patch(f"/quotations/{quotation['id']}", {"date": next_year}))
    assert moved["number"] == "QT/27-28/0001"


def test_statuses_in_use(client, tenant):
    own = created(client.post("/sales-settings/quotation-statuses", {"name": "Gone out", "category": "sent"}))
    at = f"/sales-settings/quotation-statuses/{own['id']}"
    for _ in range(2):
        quotation = make_quotation(client)
        changed(client.patch(f"/quotations/{quotation['id']}/status", {"statusId": own["id"]}))
    assert refused(client.delete(at), 409, "in_use")["count"] == 2
    assert refused(client.patch(at, {"category": "accepted"}), 409, "in_use")["count"] == 2
    assert changed(client.patch(at, {"name": "Posted"}))["name"] == "Posted"
    wrong = status_of(client, "/quotations", "accepted")
    assert field_errors(client.delete(f"{at}?moveTo={wrong}")) == {("moveTo", "category_mismatch")}
    assert field_errors(client.delete(f"{at}?moveTo={own['id']}")) == {("moveTo", "does_not_exist")}
    to = status_of(client, "/quotations", "sent")
    assert client.delete(f"{at}?moveTo={to}").status_code == 204
    assert client.get(f"/quotations?statusId={to}").json()["pagination"]["total"] == 2
    moved = client.get(f"/quotations/{quotation['id']}").json()
    assert (moved["status"]["name"], moved["version"]) == ("Sent", quotation["version"] + 2)
    assert history_of(tenant, quotation["id"])[-1] == ("updated", {"statusId": [own["id"], to]})
    refused(move(client, "/quotations", moved, "draft"), 409, "invalid_transition")
