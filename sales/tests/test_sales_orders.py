"""Sales orders: their moves, the customer's credit, and stock kept for them."""

import pytest

from nextgenerp.core import entitlements
from nextgenerp.core.tenancy import tenant_context
from sales.models import SalesOrder, SalesOrderStatus
from sales.tests.documents import (
    all_rounder,
    changed,
    confirmed,
    created,
    field_errors,
    line,
    make_customer,
    make_order,
    make_product,
    move,
    refused,
    snapshot,
    stock_of,
)

PATH = "/sales-orders"
BY_HAND = {
    "draft": ["confirmed", "cancelled"],
    "confirmed": ["in_progress", "cancelled"],
    "in_progress": ["cancelled"],
    "delivered": ["completed"],
}
CATEGORIES = [
    "draft",
    "confirmed",
    "in_progress",
    "partially_delivered",
    "delivered",
    "completed",
    "cancelled",
]


@pytest.fixture
def client(member):
    return all_rounder(member)


@pytest.fixture
def without_inventory():
    entitlements.answer_with(lambda tenant: entitlements.Entitlements({}, frozenset({"inventory"})))
    yield
    entitlements.answer_with(entitlements.unlimited)


def put(tenant, order, category):
    with tenant_context(tenant):
        status = SalesOrderStatus.objects.get(category=category, is_system=True)
        SalesOrder.objects.filter(id=order["id"]).update(status=status)


def confirm(client, order, query=""):
    status = client.get(f"{PATH}/meta/statuses").json()["data"]
    wanted = next(one["id"] for one in status if one["category"] == "confirmed")
    return client.patch(f"{PATH}/{order['id']}/status{query}", {"statusId": wanted})


@pytest.mark.parametrize("start", CATEGORIES)
def test_every_move_by_hand(start, client, tenant):
    order = make_order(client)
    for to in CATEGORIES:
        put(tenant, order, start)
        before = snapshot(tenant)
        answer = move(client, PATH, order, to)
        if to in BY_HAND.get(start, []):
            assert changed(answer)["status"]["category"] == to
            continue
        if to == start:
            assert changed(answer)["status"]["category"] == start
        else:
            problem = refused(answer, 409, "invalid_transition")
            assert (problem["from"], problem["to"], problem["allowed"]) == (start, to, BY_HAND.get(start, []))
        assert snapshot(tenant) == before


def test_only_a_draft_is_edited(client, tenant):
    order = confirmed(client, make_order(client, expectedDeliveryDate="2026-12-24"))
    assert order["expectedDeliveryDate"] == "2026-12-24"
    before = snapshot(tenant)
    refused(client.patch(f"{PATH}/{order['id']}", {"expectedDeliveryDate": "2026-12-31"}), 409, "locked")
    refused(client.delete(f"{PATH}/{order['id']}"), 409, "locked")
    assert snapshot(tenant) == before


def test_confirming_reserves_what_there_is_and_tells_what_is_short(client):
    plenty, scarce = make_product(client, openingStock="20"), make_product(client, openingStock="3")
    service = make_product(client, type="service")
    order = make_order(client, lines=[
        {"productId": plenty["id"], "quantity": "5"}, {"productId": scarce["id"], "quantity": "2"},
        {"productId": scarce["id"], "quantity": "4"}, {"productId": service["id"], "quantity": "1"}, line(),
    ])  # fmt: skip
    assert [one["orderedQuantity"] for one in order["lines"]] == ["5.000", "2.000", "4.000", "1.000", "2.000"]
    after = confirmed(client, order)
    assert [one["reservedQuantity"] for one in after["lines"]] == [
        "5.000",
        "2.000",
        "1.000",
        "0.000",
        "0.000",
    ]
    assert after["shortages"] == [
        {"productId": scarce["id"], "requested": "6.000", "reserved": "3.000", "short": "3.000"}
    ]
    assert stock_of(client, plenty) == ("20.000", "5.000", "15.000")
    assert stock_of(client, scarce) == ("3.000", "3.000", "0.000")
    shown = client.get(f"{PATH}/{order['id']}").json()
    assert shown == {name: value for name, value in after.items() if name != "shortages"}
    cancelled = changed(move(client, PATH, order, "cancelled"))
    assert {one["reservedQuantity"] for one in cancelled["lines"]} <= {"0.000", "5.000", "2.000", "1.000"}
    assert {one["reservedQuantity"] for one in client.get(f"{PATH}/{order['id']}").json()["lines"]} == {
        "0.000"
    }
    assert stock_of(client, plenty) == ("20.000", "0.000", "20.000")
    assert stock_of(client, scarce) == ("3.000", "0.000", "3.000")


def test_strictly_all_or_nothing(client, tenant):
    product = make_product(client, openingStock="3")
    order = make_order(client, lines=[{"productId": product["id"], "quantity": "4"}])
    before = snapshot(tenant)
    problem = refused(confirm(client, order, "?strict=true"), 409, "insufficient_stock")
    assert (problem["productId"], problem["available"], problem["requested"]) == (
        product["id"],
        "3.000",
        "4.000",
    )
    assert field_errors(confirm(client, order, "?strict=1")) == {("strict", "invalid_choice")}
    assert snapshot(tenant) == before
    assert changed(confirm(client, order, "?strict=false"))["shortages"][0]["short"] == "1.000"


def test_without_inventory_in_the_plan_nothing_is_reserved(client, tenant, without_inventory):
    order = make_order(client)
    assert confirmed(client, order)["shortages"] == []


def test_the_credit_limit_counts_what_is_owed_and_what_is_ordered(client, tenant):
    customer = make_customer(client, creditLimit="5000")
    first = confirmed(client, make_order(client, customerId=customer["id"]))
    second = make_order(client, customerId=customer["id"])
    third = make_order(client, customerId=customer["id"], lines=[line(quantity="10.01")])
    confirmed(client, second)
    before = snapshot(tenant)
    problem = refused(confirm(client, third), 409, "credit_limit_exceeded")
    assert {name: problem[name] for name in ("creditLimit", "outstanding", "committed", "payable")} == {
        "creditLimit": "5000.00", "outstanding": "0.00", "committed": "4000.00", "payable": third["totals"]["payable"],
    }  # fmt: skip
    assert snapshot(tenant) == before
    changed(
        client.patch(f"{PATH}/{third['id']}", {"lines": [{"id": third["lines"][0]["id"], "quantity": "10"}]})
    )
    confirmed(client, third)
    changed(move(client, PATH, first, "cancelled"))
    confirmed(client, make_order(client, customerId=customer["id"]))


def test_no_limit_is_no_limit_and_zero_is_one(client):
    confirmed(client, make_order(client, customerId=make_customer(client, creditLimit=None)["id"]))
    none = make_order(client, customerId=make_customer(client, creditLimit="0")["id"])
    refused(confirm(client, none), 409, "credit_limit_exceeded")


def test_an_order_needs_a_customer(client):
    response = client.post(PATH, {"lines": [line()]})
    assert field_errors(response) == {("customerId", "required")}
    assert (
        created(client.post(PATH, {"lines": [line()], "customerId": make_customer(client)["id"]}))["sourceId"]
        is None
    )
