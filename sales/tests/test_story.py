"""One sale from the first enquiry to the last rupee: every figure, number, status, stock level and timeline entry."""

import pytest

from nextgenerp.core.documents.number_format import financial_year
from nextgenerp.core.tenancy import tenant_context, tenant_today
from sales.tests.documents import (
    PUNE,
    all_rounder,
    changed,
    created,
    make_product,
    move,
    refused,
    register_company,
    stock_of,
)

FIGURES = (
    "subTotal",
    "lineDiscount",
    "taxableValue",
    "cgst",
    "sgst",
    "igst",
    "grandTotal",
    "roundOff",
    "payable",
)


@pytest.fixture
def client(tenant, member):
    register_company(tenant)
    return all_rounder(member)


@pytest.fixture
def year(tenant):
    with tenant_context(tenant):
        begins = financial_year(tenant_today())
    return f"{begins % 100:02}-{(begins + 1) % 100:02}"


def figures(document):
    return tuple(document["totals"][name] for name in FIGURES)


def actions(client, path, document):
    """What the timeline of a document tells, oldest first."""
    entries = client.get(f"{path}/{document['id']}/activities").json()["data"]
    return [entry["action"] for entry in reversed(entries)]


def show(client, path, document):
    response = client.get(f"{path}/{document['id']}")
    assert response.status_code == 200, response.content
    return response.json()


def category(client, path, document):
    return show(client, path, document)["status"]["category"]


def deliver(client, order, *quantities):
    lines = [
        {"lineId": one["id"], "quantity": quantity}
        for one, quantity in zip(order["lines"], quantities, strict=True)
        if quantity
    ]
    return created(client.post(f"/sales-orders/{order['id']}/deliveries", {"lines": lines}))


def invoice(client, order, *quantities):
    """An issued invoice of some quantities of an order, as it stands then."""
    lines = [
        {"sourceLineId": one["id"], "quantity": quantity}
        for one, quantity in zip(order["lines"], quantities, strict=True)
        if quantity
    ]
    made = created(
        client.post("/finance/invoices/from-sales-order", {"salesOrderId": order["id"], "lines": lines})
    )
    assert (made["status"], made["amountPaid"]) == ("draft", "0.00")
    return changed(client.patch(f"/finance/invoices/{made['id']}/status", {"status": "sent"}))


def pay(client, invoiced, amount):
    return client.post(
        f"/finance/invoices/{invoiced['id']}/payments",
        {"amount": amount, "method": "upi", "reference": "DEMO"},
    )


def test_a_sale_from_lead_to_the_last_payment(client, year):
    product = make_product(client, name="Demo pump", salePrice="100", openingStock="20", openingCost="60")
    lead = created(
        client.post("/leads", {"firstName": "आशा", "company": "Demo Sweets", "email": "asha@example.com"})
    )

    # A quotation to the lead, and its revision after a talk about the price.
    lines = [
        {"productId": product["id"], "quantity": "10"},
        {"name": "Fitting", "hsnSac": "998719", "quantity": "4", "unitPrice": "250", "gstRate": "12"},
    ]
    quotation = created(
        client.post(
            "/quotations", {"leadId": lead["id"], "billingAddress": PUNE, "lines": lines, "validUntil": None}
        )
    )
    assert quotation["number"] == f"QT/{year}/0001"
    assert figures(quotation) == (
        "2000.00", "0.00", "2000.00", "150.00", "150.00", "0.00", "2300.00", "0.00", "2300.00",
    )  # fmt: skip
    quotation = changed(move(client, "/quotations", quotation, "sent"))
    revision = created(client.post(f"/quotations/{quotation['id']}/revise", {"reason": "Ten percent off"}))
    assert (revision["number"], revision["status"]["category"]) == (f"QT/{year}/0001-R1", "draft")
    pump, fitting = revision["lines"]
    revision = changed(
        client.patch(
            f"/quotations/{revision['id']}",
            {
                "lines": [
                    {"id": pump["id"], "quantity": "10", "discountValue": "10"},
                    {"id": fitting["id"], "quantity": "4"},
                ]
            },
        )
    )
    assert figures(revision) == (
        "1900.00", "100.00", "1900.00", "141.00", "141.00", "0.00", "2182.00", "0.00", "2182.00",
    )  # fmt: skip
    revision = changed(move(client, "/quotations", revision, "sent"))
    assert category(client, "/quotations", quotation) == "superseded"
    revision = changed(move(client, "/quotations", revision, "accepted"))
    lineage = client.get(f"/quotations/{revision['id']}/revisions").json()["data"]
    assert sorted(one["number"] for one in lineage) == [f"QT/{year}/0001", f"QT/{year}/0001-R1"]
    differences = next(one for one in lineage if one["revision"] == 1)["differences"]
    assert {"field": "discountValue", "line": 1, "from": "0.000", "to": "10.000"} in differences

    # The lead is no customer yet.
    refused(
        client.post("/proforma-invoices/from-quotation", {"quotationId": revision["id"]}),
        409, "customer_required",
    )  # fmt: skip
    converted = client.post(f"/leads/{lead['id']}/convert", {})
    assert converted.status_code == 200, converted.content
    customer = converted.json()["customerId"]
    refused(client.post(f"/leads/{lead['id']}/convert", {}), 409, "already_converted")

    # A proforma invoice and an advance on it.
    proforma = created(client.post("/proforma-invoices/from-quotation", {"quotationId": revision["id"]}))
    assert (proforma["number"], proforma["customerId"], proforma["totals"]["payable"]) == (
        f"PI/{year}/0001", customer, "2182.00",
    )  # fmt: skip
    assert category(client, "/quotations", revision) == "converted"
    proforma = changed(move(client, "/proforma-invoices", proforma, "sent"))
    created(
        client.post(
            f"/proforma-invoices/{proforma['id']}/payments", {"amount": "1000", "method": "bank_transfer"}
        )
    )
    refused(
        client.post(f"/proforma-invoices/{proforma['id']}/payments", {"amount": "1182.01", "method": "upi"}),
        409, "over_payment",
    )  # fmt: skip
    proforma = show(client, "/proforma-invoices", proforma)
    assert (proforma["status"]["category"], proforma["settled"], proforma["balance"]) == (
        "partially_paid", "1000.00", "1182.00",
    )  # fmt: skip

    # The order takes what the proforma invoice took; confirming it reserves the goods.
    order = created(client.post("/sales-orders/from-pi", {"piId": proforma["id"]}))
    assert (order["number"], order["totals"]["payable"]) == (f"SO/{year}/0001", "2182.00")
    assert stock_of(client, product) == ("20.000", "0.000", "20.000")
    order = changed(move(client, "/sales-orders", order, "confirmed"))
    assert stock_of(client, product) == ("20.000", "10.000", "10.000")

    # Two deliveries.
    deliver(client, order, "6", "4")
    assert category(client, "/sales-orders", order) == "partially_delivered"
    assert stock_of(client, product) == ("14.000", "4.000", "10.000")
    deliver(client, order, "4", None)
    assert category(client, "/sales-orders", order) == "delivered"
    assert stock_of(client, product) == ("10.000", "0.000", "10.000")
    assert client.get(f"/inventory/products/{product['id']}").json()["stockValue"] == "600.00"

    # Two invoices; the advance goes to the first one.
    first = invoice(client, order, "6", "4")
    assert first["number"] == f"INV/{year}/0001"
    assert figures(first) == (
        "1540.00", "60.00", "1540.00", "108.60", "108.60", "0.00", "1757.20", "-0.20", "1757.00",
    )  # fmt: skip
    first = show(client, "/finance/invoices", first)
    assert (first["status"], first["amountPaid"], first["balance"]) == ("partially_paid", "1000.00", "757.00")
    second = invoice(client, order, "4", None)
    assert second["number"] == f"INV/{year}/0002"
    assert figures(second) == (
        "360.00", "40.00", "360.00", "32.40", "32.40", "0.00", "424.80", "0.20", "425.00",
    )  # fmt: skip
    nothing_left = client.post("/finance/invoices/from-sales-order", {"salesOrderId": order["id"]})
    assert nothing_left.status_code == 409
    assert client.get(f"/customers/{customer}").json()["outstanding"] == "1182.00"

    # The rest is paid.
    refused(pay(client, first, "757.01"), 409, "over_payment")
    created(pay(client, first, "757"))
    created(pay(client, second, "425"))
    for one in (first, second):
        paid = show(client, "/finance/invoices", one)
        assert (paid["status"], paid["balance"]) == ("paid", "0.00")
    assert client.get(f"/customers/{customer}").json()["outstanding"] == "0.00"
    order = changed(move(client, "/sales-orders", order, "completed"))
    assert order["status"]["category"] == "completed"

    # What was written down on the way.
    assert actions(client, "/quotations", revision) == [
        "created", "updated", "status_changed", "status_changed", "status_changed", "converted",
    ]  # fmt: skip
    assert actions(client, "/proforma-invoices", proforma) == [
        "created", "status_changed", "payment_recorded", "status_changed", "converted",
    ]  # fmt: skip
    assert actions(client, "/sales-orders", order) == [
        "created", "status_changed", "delivered", "status_changed", "delivered", "status_changed", "invoiced",
        "invoiced", "status_changed",
    ]  # fmt: skip
