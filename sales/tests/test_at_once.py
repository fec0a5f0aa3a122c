"""Twenty clients at the same moment: nothing is taken twice, paid twice or delivered twice, nobody waits for ever."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from nextgenerp.core.documents.models import IssuedNumber
from nextgenerp.core.tenancy import leave_tenant, tenant_context
from nextgenerp.testing.books import assert_books_are_clean
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat
from sales.models import Quotation, QuotationStatus
from sales.tests.documents import (
    changed,
    confirmed,
    created,
    line,
    make_customer,
    make_order,
    make_product,
    make_proforma,
    make_quotation,
    move,
    sent,
    status_of,
    stock_of,
)

CLIENTS = 20
QUOTATIONS, PIS, ORDERS = "/quotations", "/proforma-invoices", "/sales-orders"


@pytest.fixture
def tenant(committed_tenant, committing):
    yield committed_tenant
    connection.set_schema_to_public()


@pytest.fixture
def client(tenant):
    return Client(make_seat(tenant, "tenant_admin"))


def together(client, calls):
    """Make calls ``(method, path, body)`` from threads that begin together; the answers' statuses and codes."""
    barrier = Barrier(len(calls))

    def run(call):
        method, path, body = call
        own = Client(client.seat)
        try:
            barrier.wait()
            response = getattr(own, method)(path, body)
            return response.status_code, response.json().get("code") if response.content else None
        finally:
            leave_tenant()
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(pool.map(run, calls))


def test_no_quoted_quantity_goes_twice(client, tenant):
    """Forty of one line are asked for by PIs and orders, seven are quoted."""
    quotation = sent(client, make_quotation(client, lines=[line(quantity="7"), line(quantity="1000")]))
    lines = [{"sourceLineId": one["id"], "quantity": "2"} for one in quotation["lines"]]
    body = {"quotationId": quotation["id"], "lines": lines}
    paths = [f"{PIS}/from-quotation", f"{ORDERS}/from-quotation"] * (CLIENTS // 2)
    answers = together(client, [("post", path, body) for path in paths])
    assert answers == {(201, None): 3, (409, "quantity_exceeds_remaining"): CLIENTS - 3}
    first, second = client.get(f"{QUOTATIONS}/{quotation['id']}").json()["lines"]
    assert (first["remainingQuantity"], second["remainingQuantity"]) == ("1.000", "994.000")
    assert_books_are_clean(tenant)


def test_all_that_remains_goes_once(client, tenant):
    quotation = sent(client, make_quotation(client))
    body = {"quotationId": quotation["id"]}
    paths = [f"{PIS}/from-quotation", f"{ORDERS}/from-quotation"] * (CLIENTS // 2)
    answers = together(client, [("post", path, body) for path in paths])
    assert answers == {(201, None): 1, (409, "already_converted"): CLIENTS - 1}
    assert_books_are_clean(tenant)


def test_what_comes_back_and_what_goes_at_once(client, tenant):
    """Drafts that took a quotation are deleted, cancelled and changed while others take of it."""
    quotation = sent(client, make_quotation(client, lines=[line(quantity="10")]))
    source = quotation["lines"][0]["id"]
    body = {"quotationId": quotation["id"], "lines": [{"sourceLineId": source, "quantity": "1"}]}
    made = [created(client.post(f"{PIS}/from-quotation", body)) for _ in range(10)]
    cancelled = {"statusId": status_of(client, PIS, "cancelled")}
    more = [{"lines": [{"id": one["lines"][0]["id"], "quantity": "3"}]} for one in made[6:]]
    answers = together(client, [
        *[("delete", f"{PIS}/{one['id']}", None) for one in made[:3]],
        *[("patch", f"{PIS}/{one['id']}/status", cancelled) for one in made[3:6]],
        *[("patch", f"{PIS}/{one['id']}", change) for one, change in zip(made[6:], more, strict=True)],
        *[("post", f"{ORDERS}/from-quotation", body) for _ in range(10)],
    ])  # fmt: skip
    assert set(answers) <= {
        (204, None), (200, None), (201, None), (409, "quantity_exceeds_remaining"), (409, "already_converted"),
    }  # fmt: skip
    assert answers[204, None] == 3
    assert_books_are_clean(tenant)


def test_one_revision_is_made(client, tenant):
    quotation = sent(client, make_quotation(client))
    answers = together(client, [("post", f"{QUOTATIONS}/{quotation['id']}/revise", {})] * CLIENTS)
    assert answers == {(201, None): 1, (409, "open_revision"): CLIENTS - 1}
    assert len(client.get(f"{QUOTATIONS}/{quotation['id']}/revisions").json()["data"]) == 2
    assert_books_are_clean(tenant)


def test_a_revision_is_sent_or_the_original_taken_never_both(client, tenant):
    quotation = sent(client, make_quotation(client))
    revision = created(client.post(f"{QUOTATIONS}/{quotation['id']}/revise", {}))
    status = {"statusId": status_of(client, QUOTATIONS, "sent")}
    answers = together(client, [
        *[("patch", f"{QUOTATIONS}/{revision['id']}/status", status)] * (CLIENTS // 2),
        *[("post", f"{PIS}/from-quotation", {"quotationId": quotation["id"]})] * (CLIENTS // 2),
    ])  # fmt: skip
    taken = client.get(f"{QUOTATIONS}/{quotation['id']}").json()
    if taken["status"]["category"] == "superseded":
        assert answers == {(200, None): CLIENTS // 2, (409, "invalid_transition"): CLIENTS // 2}
    else:
        assert taken["status"]["category"] == "converted"
        assert answers == {
            (201, None): 1, (409, "already_converted"): CLIENTS // 2 - 1, (409, "in_use"): CLIENTS // 2,
        }  # fmt: skip
    assert_books_are_clean(tenant)


def test_no_more_is_received_than_is_asked_for(client, tenant):
    proforma = changed(move(client, PIS, make_proforma(client), "sent"))
    body = {"amount": "300", "method": "upi"}
    answers = together(client, [("post", f"{PIS}/{proforma['id']}/payments", body)] * CLIENTS)
    assert answers == {(201, None): 6, (409, "over_payment"): CLIENTS - 6}
    found = client.get(f"{PIS}/{proforma['id']}").json()
    assert (found["settled"], found["status"]["category"]) == ("1800.00", "partially_paid")
    payment = client.get(f"{PIS}/{proforma['id']}/payments").json()["data"][0]
    path = f"{PIS}/{proforma['id']}/payments/{payment['id']}/reverse"
    answers = together(client, [("post", path, {"reason": "Demo"})] * CLIENTS)
    assert answers == {(201, None): 1, (409, "already_reversed"): CLIENTS - 1}
    assert_books_are_clean(tenant)


def test_no_more_is_delivered_than_was_ordered(client, tenant):
    product, other = (make_product(client, openingStock="100") for _ in range(2))
    pairs = ((product, "7"), (other, "7")), ((other, "7"), (product, "7"))
    orders = [
        confirmed(
            client, make_order(client, lines=[{"productId": one["id"], "quantity": n} for one, n in pair])
        )
        for pair in pairs
    ]
    bodies = [
        {"lines": [{"lineId": one["id"], "quantity": "2"} for one in order["lines"]]} for order in orders
    ]
    paths = [f"{ORDERS}/{order['id']}/deliveries" for order in orders]
    calls = [("post", path, body) for path, body in zip(paths, bodies, strict=True)]
    answers = together(client, calls * (CLIENTS // 2))
    assert answers == {(201, None): 6, (409, "quantity_exceeds_remaining"): CLIENTS - 6}
    assert stock_of(client, product) == stock_of(client, other) == ("88.000", "2.000", "86.000")
    for order in orders:
        rows = client.get(f"{ORDERS}/{order['id']}/deliveries").json()["data"]
        path = f"{ORDERS}/{order['id']}/deliveries/{rows[0]['id']}/cancel"
        answers = together(client, [("post", path, {})] * CLIENTS)
        assert answers == {(200, None): 1, (409, "already_cancelled"): CLIENTS - 1}
    assert stock_of(client, product) == ("92.000", "6.000", "86.000")
    assert_books_are_clean(tenant)


def test_stock_is_reserved_once(client, tenant):
    product = make_product(client, openingStock="10")
    lines = [{"productId": product["id"], "quantity": "1"}]
    orders = [make_order(client, lines=lines) for _ in range(CLIENTS)]
    status = {"statusId": status_of(client, ORDERS, "confirmed")}
    calls = [("patch", f"{ORDERS}/{one['id']}/status?strict=true", status) for one in orders]
    answers = together(client, calls)
    assert answers == {(200, None): 10, (409, "insufficient_stock"): CLIENTS - 10}
    assert stock_of(client, product) == ("10.000", "10.000", "0.000")
    assert_books_are_clean(tenant)


def test_no_customer_gets_more_credit_than_the_limit(client, tenant):
    customer = make_customer(client, creditLimit="7000")
    orders = [make_order(client, customerId=customer["id"]) for _ in range(CLIENTS)]
    status = {"statusId": status_of(client, ORDERS, "confirmed")}
    answers = together(client, [("patch", f"{ORDERS}/{one['id']}/status", status) for one in orders])
    assert answers == {(200, None): 3, (409, "credit_limit_exceeded"): CLIENTS - 3}
    assert_books_are_clean(tenant)


def test_no_ordered_quantity_is_invoiced_twice(client, tenant):
    order = confirmed(client, make_order(client, lines=[line(quantity="7")]))
    lines = [{"sourceLineId": order["lines"][0]["id"], "quantity": "2"}]
    body = {"salesOrderId": order["id"], "lines": lines}
    cancelled = {"statusId": status_of(client, ORDERS, "cancelled")}
    answers = together(client, [
        *[("post", "/finance/invoices/from-sales-order", body)] * (CLIENTS - 4),
        *[("patch", f"{ORDERS}/{order['id']}/status", cancelled)] * 4,
    ])  # fmt: skip
    assert answers[201, None] + answers[200, None] in {3, 4}
    assert (answers[201, None] == 3) != (answers[200, None] == 4)
    assert_books_are_clean(tenant)


def test_a_status_moves_once(client, tenant):
    """Sent and cancelled are asked for at the same moment: one comes first, and what follows follows the rules."""
    quotation = make_quotation(client)
    states = [{"statusId": status_of(client, QUOTATIONS, one)} for one in ("sent", "cancelled")]
    answers = together(
        client,
        [("patch", f"{QUOTATIONS}/{quotation['id']}/status", body) for body in states * (CLIENTS // 2)],
    )
    assert set(answers) <= {(200, None), (409, "invalid_transition")}
    assert client.get(f"{QUOTATIONS}/{quotation['id']}").json()["version"] in {2, 3}
    assert_books_are_clean(tenant)


def test_numbers_have_no_gap(client, tenant):
    """Half of them are refused: what they would have had goes to the next."""
    customer = make_customer(client)
    good = {"customerId": customer["id"], "lines": [line()]}
    bad = good | {"lines": [line(discountValue="101")]}
    answers = together(client, [("post", QUOTATIONS, body) for body in (good, bad) * (CLIENTS // 2)])
    assert answers == {(201, None): CLIENTS // 2, (400, "invalid"): CLIENTS // 2}
    with tenant_context(tenant):
        assert sorted(IssuedNumber.objects.values_list("sequence", flat=True)) == list(
            range(1, CLIENTS // 2 + 1)
        )
    assert_books_are_clean(tenant)


def test_a_family_keeps_one_default(client, tenant):
    path = "/sales-settings/quotation-statuses"
    made = [
        created(client.post(path, {"name": f"Demo {n}", "category": "draft"})) for n in range(CLIENTS // 2)
    ]
    calls = [
        *[("patch", f"{path}/{one['id']}", {"isDefault": True}) for one in made],
        *[
            ("post", path, {"name": f"New {n}", "category": "draft", "isDefault": True})
            for n in range(CLIENTS // 2)
        ],
    ]
    assert set(together(client, calls)) == {(200, None), (201, None)}
    assert_books_are_clean(tenant)


def test_a_status_goes_or_is_used_never_both(client, tenant):
    """A status is removed and its category changed while documents are put into it."""
    path = "/sales-settings/quotation-statuses"
    own = created(client.post(path, {"name": "Gone out", "category": "sent"}))
    quotations = [make_quotation(client) for _ in range(CLIENTS - 4)]
    answers = together(client, [
        *[("patch", f"{QUOTATIONS}/{one['id']}/status", {"statusId": own["id"]}) for one in quotations],
        *[("patch", f"{path}/{own['id']}", {"category": "cancelled"})] * 2,
        *[("delete", f"{path}/{own['id']}", None)] * 2,
    ])  # fmt: skip
    assert {status for status, _ in answers} <= {200, 204, 400, 404, 409}
    with tenant_context(tenant):
        used = Quotation.objects.filter(status_id=own["id"]).count()
        left = QuotationStatus.objects.filter(id=own["id"]).first()
        if used:
            assert left is not None
            assert Quotation.objects.filter(status_id=own["id"], snapshot=None).count() == 0
    assert_books_are_clean(tenant)
