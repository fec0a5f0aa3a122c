"""Deliveries of orders: quantities, stock and status together; invoices of what was ordered."""

import pytest

from inventory.models import StockMovement
from nextgenerp.core.tenancy import tenant_context
from sales.tests.documents import (
    all_rounder,
    changed,
    confirmed,
    created,
    field_errors,
    history_of,
    line,
    make_customer,
    make_order,
    make_product,
    move,
    refused,
    register_company,
    snapshot,
    stock_of,
)

PATH = "/sales-orders"
INVOICE = "/finance/invoices/from-sales-order"


@pytest.fixture
def client(member):
    return all_rounder(member)


@pytest.fixture
def product(client):
    return make_product(client, openingStock="20", openingCost="60")


@pytest.fixture
def order(client, product):
    """A confirmed order of ten products and four services."""
    lines = [{"productId": product["id"], "quantity": "10"}, line(name="Fitting", quantity="4")]
    return confirmed(client, make_order(client, lines=lines))


def deliver(client, order, *quantities, **body):
    pairs = zip(order["lines"], quantities, strict=False)
    lines = [
        {"lineId": one["id"], "quantity": str(quantity)} for one, quantity in pairs if quantity is not None
    ]
    return client.post(f"{PATH}/{order['id']}/deliveries", {"lines": lines} | body)


def cancel(client, order, delivery, **body):
    return client.post(f"{PATH}/{order['id']}/deliveries/{delivery['id']}/cancel", body)


def invoice(client, order, *quantities, **body):
    pairs = zip(order["lines"], quantities, strict=False)
    lines = [{"sourceLineId": one["id"], "quantity": str(n)} for one, n in pairs if n is not None]
    return client.post(
        INVOICE, {"salesOrderId": order["id"]} | ({"lines": lines} if quantities else {}) | body
    )


def state(client, order):
    """The category, and of each line what is delivered, reserved, to be delivered."""
    found = client.get(f"{PATH}/{order['id']}").json()
    names = ("deliveredQuantity", "reservedQuantity", "remainingQuantity")
    return found["status"]["category"], [tuple(float(one[name]) for name in names) for one in found["lines"]]


def test_goods_leave_and_the_status_follows(client, order, product, tenant):
    assert state(client, order) == ("confirmed", [(0, 10, 10), (0, 0, 4)])
    response = deliver(
        client, order, "4", None, date="2026-11-20", transporter="Demo Roadlines", vehicleNo="MH12AB1234",
        lrNo="LR 7", ewayBillNo="123456789012", notes="First part",
    )  # fmt: skip
    delivery = created(response)
    assert delivery == {
        "id": delivery["id"], "orderId": order["id"], "date": "2026-11-20", "transporter": "Demo Roadlines",
        "vehicleNo": "MH12AB1234", "lrNo": "LR 7", "ewayBillNo": "123456789012", "notes": "First part",
        "lines": [{
            "id": delivery["lines"][0]["id"], "lineId": order["lines"][0]["id"], "productId": product["id"],
            "name": product["name"], "unit": "NOS", "quantity": "4.000",
        }],
        "cancelledAt": None, "cancelReason": "", "createdBy": {"id": str(client.seat.id), "name": client.seat.name},
        "version": 1, "createdAt": delivery["createdAt"], "updatedAt": delivery["updatedAt"],
    }  # fmt: skip
    assert state(client, order) == ("partially_delivered", [(4, 6, 6), (0, 0, 4)])
    assert stock_of(client, product) == ("16.000", "6.000", "10.000")
    with tenant_context(tenant):
        movement = StockMovement.objects.latest("seq")
        assert (movement.quantity, movement.value, movement.reason) == (-4, -240, "sale")
        assert (str(movement.reference_id), movement.reference_number) == (delivery["id"], order["number"])
    created(deliver(client, order, "6", "4"))
    assert state(client, order) == ("delivered", [(10, 0, 0), (4, 0, 0)])
    assert stock_of(client, product) == ("10.000", "0.000", "10.000")
    rows = client.get(f"{PATH}/{order['id']}/deliveries").json()
    assert (rows["data"][0]["id"], len(rows["data"]), rows["pagination"]) == (delivery["id"], 2, None)
    assert [action for action, _ in history_of(tenant, order["id"])][2:] == [
        "delivered", "status_changed", "delivered", "status_changed",
    ]  # fmt: skip
    refused(deliver(client, order, "1"), 409, "invalid_transition")
    changed(move(client, PATH, order, "completed"))


def test_cancelling_brings_the_goods_back(client, order, product, tenant):
    first, second = created(deliver(client, order, "4", "1")), created(deliver(client, order, "6", "3"))
    cancelled = changed(cancel(client, order, first, reason="Refused at the gate"))
    assert (cancelled["cancelReason"], cancelled["version"]) == ("Refused at the gate", 2)
    assert cancelled["cancelledAt"]
    assert state(client, order) == ("partially_delivered", [(6, 4, 4), (3, 0, 1)])
    assert stock_of(client, product) == ("14.000", "4.000", "10.000")
    before = snapshot(tenant)
    refused(cancel(client, order, first), 409, "already_cancelled")
    refused(move(client, PATH, order, "cancelled"), 409, "invalid_transition")
    assert cancel(client, order, {"id": order["id"]}).status_code == 404
    assert snapshot(tenant) == before
    changed(cancel(client, order, second))
    assert state(client, order) == ("in_progress", [(0, 10, 10), (0, 0, 4)])
    assert stock_of(client, product) == ("20.000", "10.000", "10.000")
    changed(move(client, PATH, order, "cancelled"))
    assert stock_of(client, product) == ("20.000", "0.000", "20.000")


def test_no_more_than_remains(client, order, tenant):
    created(deliver(client, order, "9", None))
    before = snapshot(tenant)
    problem = refused(deliver(client, order, "1.001", "4"), 409, "quantity_exceeds_remaining")
    assert problem["lines"] == [
        {"lineId": order["lines"][0]["id"], "requested": "1.001", "remaining": "1.000"}
    ]
    assert snapshot(tenant) == before


def test_no_more_than_there_is(client, product, tenant):
    order = make_order(client, lines=[{"productId": product["id"], "quantity": "25"}, line()])
    confirmed(client, order)
    before = snapshot(tenant)
    problem = refused(deliver(client, order, "21", "2"), 409, "insufficient_stock")
    assert (problem["productId"], problem["requested"], problem["available"]) == (
        product["id"],
        "21.000",
        "0.000",
    )
    assert snapshot(tenant) == before
    created(deliver(client, order, "20", "2"))
    assert stock_of(client, product) == ("0.000", "0.000", "0.000")
    created(
        client.post(
            "/inventory/stock/in", {"productId": product["id"], "quantity": "10", "reason": "purchase"}
        )
    )
    created(deliver(client, order, "5", None))
    assert stock_of(client, product) == ("5.000", "0.000", "5.000")


@pytest.mark.parametrize("category", ["draft", "cancelled"])
def test_only_what_is_confirmed_is_delivered(category, client, tenant):
    order = make_order(client)
    if category == "cancelled":
        changed(move(client, PATH, order, "cancelled"))
    before = snapshot(tenant)
    refused(deliver(client, order, "1"), 409, "invalid_transition")
    assert snapshot(tenant) == before


def test_a_delivery_that_is_none(client, order, tenant):
    before = snapshot(tenant)
    one = order["lines"][0]["id"]
    at = f"{PATH}/{order['id']}/deliveries"
    for body, error in (
        ({}, ("lines", "required")),
        ({"lines": []}, ("lines", "empty")),
        ({"lines": [{"lineId": one, "quantity": "0"}]}, ("lines.0.quantity", "min_value")),
        ({"lines": [{"lineId": order["id"], "quantity": "1"}]}, ("lines.0.lineId", "does_not_exist")),
        ({"lines": [{"lineId": one, "quantity": "1"}] * 2}, ("lines.1.lineId", "duplicate")),
        ({"lines": [{"lineId": one, "quantity": "1"}], "date": "x"}, ("date", "invalid")),
        ({"lines": [{"lineId": one, "quantity": "1"}], "driver": "x"}, ("driver", "unknown_field")),
        ({"lines": [{"lineId": one, "quantity": "1"}], "vehicleNo": "x" * 21}, ("vehicleNo", "max_length")),
    ):
        assert error in field_errors(client.post(at, body))
    assert snapshot(tenant) == before


def test_delivering_needs_the_grant_to_edit_and_a_place_in_the_scope(member, client, order, tenant):
    before = snapshot(tenant)
    refused(deliver(member(sales_orders=["view", "create"]), order, "1"), 403, "permission_denied")
    assert deliver(member(scope="own", sales_orders=["view", "edit"]), order, "1").status_code == 404
    assert snapshot(tenant) == before


# --- invoices


def test_what_is_not_invoiced_is_invoiced(client, order, tenant):
    register_company(tenant)
    response = invoice(client, order, "4", "1", date="2026-01-20", dueDate="2026-02-20")
    first = created(response)
    assert response["Location"] == f"/finance/invoices/{first['id']}"
    assert (first["status"], first["salesOrderId"], first["date"], first["dueDate"]) == (
        "draft", order["id"], "2026-01-20", "2026-02-20",
    )  # fmt: skip
    assert [(one["sourceLineId"], one["quantity"]) for one in first["lines"]] == [
        (order["lines"][0]["id"], "4.000"), (order["lines"][1]["id"], "1.000"),
    ]  # fmt: skip
    second = created(invoice(client, order))
    assert [one["quantity"] for one in second["lines"]] == ["6.000", "3.000"]
    before = snapshot(tenant)
    refused(invoice(client, order), 409, "quantity_exceeds_remaining")
    refused(invoice(client, order, "1"), 409, "quantity_exceeds_remaining")
    assert refused(move(client, PATH, order, "cancelled"), 409, "in_use")["invoiced"] == 2
    assert snapshot(tenant) == before
    assert client.delete(f"/finance/invoices/{second['id']}").status_code == 204
    lines = client.get(f"{PATH}/{order['id']}").json()["lines"]
    assert [one["invoicedQuantity"] for one in lines] == ["4.000", "1.000"]
    at = f"/finance/invoices/{first['id']}"
    more = {"lines": [{"id": first["lines"][0]["id"], "quantity": "11"}]}
    refused(client.patch(at, more), 409, "quantity_exceeds_remaining")
    changed(client.patch(f"{at}/status", {"status": "sent"}))
    changed(client.patch(f"{at}/status", {"status": "cancelled", "reason": "Demo"}))
    lines = client.get(f"{PATH}/{order['id']}").json()["lines"]
    assert [one["invoicedQuantity"] for one in lines] == ["0.000", "0.000"]
    changed(move(client, PATH, order, "cancelled"))


def test_invoices_share_the_amounts_of_an_order(client, tenant):
    order = confirmed(client, make_order(
        client, discountType="amount", discountValue="10",
        charges=[{"label": "Freight", "amount": "100", "taxable": True}],
        lines=[line(quantity="3", unitPrice="100", discountType="amount", discountValue="1")],
    ))  # fmt: skip
    parts = [created(invoice(client, order, "1")) for _ in range(3)]
    assert [one["lines"][0]["discountValue"] for one in parts] == ["0.330", "0.330", "0.340"]
    assert [one["discountValue"] for one in parts] == ["3.330", "3.330", "3.340"]
    assert [one["charges"][0]["amount"] for one in parts] == ["33.33", "33.33", "33.34"]


def test_invoices_of_whole_lines_share_the_amounts_of_an_order(client, tenant):
    order = confirmed(client, make_order(
        client, discountType="amount", discountValue="40", charges=[{"label": "Freight", "amount": "20"}],
        lines=[line(quantity="1", unitPrice="100"), line(quantity="1", unitPrice="300")],
    ))  # fmt: skip
    parts = [created(invoice(client, order, "1")), created(invoice(client, order))]
    assert [one["discountValue"] for one in parts] == ["10.000", "30.000"]
    assert [one["charges"][0]["amount"] for one in parts] == ["5.00", "15.00"]


@pytest.mark.parametrize("category", ["draft", "cancelled"])
def test_only_what_is_confirmed_is_invoiced(category, client, tenant):
    order = make_order(client)
    if category == "cancelled":
        changed(move(client, PATH, order, "cancelled"))
    before = snapshot(tenant)
    refused(invoice(client, order), 409, "invalid_transition")
    assert snapshot(tenant) == before


def test_invoicing_needs_both_grants(member, client, order, tenant):
    before = snapshot(tenant)
    assert (
        refused(invoice(member(finance=["create"]), order), 403, "permission_denied")["module"]
        == "Sales Orders"
    )
    alone = member(sales_orders=["view"], finance=["view"])
    assert refused(invoice(alone, order), 403, "permission_denied")["module"] == "Finance"
    narrow = member(scope="own", sales_orders=["view"], finance=["create"])
    assert field_errors(invoice(narrow, order)) == {("salesOrderId", "does_not_exist")}
    assert snapshot(tenant) == before
    created(invoice(member(sales_orders=["view"], finance=["create"]), order))


def test_money_on_the_proforma_invoice_settles_its_orders_invoices(client, tenant):
    customer = make_customer(client)
    body = {"customerId": customer["id"], "lines": [line(quantity="10")]}
    proforma = created(client.post("/proforma-invoices", body))
    changed(move(client, "/proforma-invoices", proforma, "sent"))
    created(client.post(f"/proforma-invoices/{proforma['id']}/payments", {"amount": "600", "method": "cash"}))
    order = confirmed(client, created(client.post(f"{PATH}/from-pi", {"piId": proforma["id"]})))
    made = created(invoice(client, order, "4"))
    issued = changed(client.patch(f"/finance/invoices/{made['id']}/status", {"status": "sent"}))
    assert (issued["status"], issued["amountPaid"], issued["balance"]) == ("paid", "400.00", "0.00")
    rest = created(invoice(client, order))
    issued = changed(client.patch(f"/finance/invoices/{rest['id']}/status", {"status": "sent"}))
    assert (issued["status"], issued["amountPaid"], issued["balance"]) == (
        "partially_paid",
        "200.00",
        "400.00",
    )
    assert client.get(f"/customers/{customer['id']}").json()["outstanding"] == "400.00"
