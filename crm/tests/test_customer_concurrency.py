"""Customers and deals under simultaneous writers."""

import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from crm.models import Customer, Deal
from crm.services.customers import change_outstanding, lock_customer
from crm.tests.customers import GSTIN, make_customer, make_deal
from nextgenerp.core import entitlements
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.core.exceptions import NotFound
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.database.ids import new_id
from nextgenerp.testing.books import assert_books_are_clean
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat


def at_once(*tasks):
    """Run functions in threads that begin together; returns what each returned."""
    barrier, results = threading.Barrier(len(tasks)), [None] * len(tasks)

    def run(index, task):
        try:
            barrier.wait(timeout=30)
            results[index] = task()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def limit(monkeypatch, tenant, **limits):
    monkeypatch.setattr(
        entitlements, "_provider", lambda one: Entitlements(limits if one.pk == tenant.pk else {})
    )


@pytest.mark.parametrize("what", ["customers", "deals"])
def test_twenty_creations_at_the_limit_make_one(committed_tenant, monkeypatch, what):
    seat = make_seat(committed_tenant, "tenant_admin")
    customer = make_customer(Client(seat))["id"]
    if what == "deals":
        make_deal(Client(seat), customerId=customer)
    limit(monkeypatch, committed_tenant, **{what: 2})
    body = {"name": "Demo"} if what == "customers" else {"title": "Demo", "customerId": customer}
    answers = at_once(*[lambda: Client(seat).post(f"/{what}", body)] * 20)
    assert sorted(one.status_code for one in answers) == [201] + [403] * 19
    with tenant_context(committed_tenant):
        model = Customer if what == "customers" else Deal
        assert (model.objects.count(), entitlements.used(what)) == (2, 2)
    assert_books_are_clean(committed_tenant)


def test_one_gstin_for_one_of_many(committed_tenant):
    seat = make_seat(committed_tenant, "tenant_admin")
    tasks = [lambda: Client(seat).post("/customers", {"name": "Demo", "gstin": GSTIN})] * 8
    answers = at_once(*tasks)
    assert sorted(one.status_code for one in answers) == [201] + [409] * 7
    [made] = [one.json()["id"] for one in answers if one.status_code == 201]
    assert {one.json()["existing"]["id"] for one in answers if one.status_code == 409} == {made}
    with tenant_context(committed_tenant):
        assert (Customer.objects.count(), entitlements.used("customers")) == (1, 1)
    assert_books_are_clean(committed_tenant)


def test_codes_are_never_given_twice(committed_tenant):
    seat = make_seat(committed_tenant, "tenant_admin")
    answers = at_once(*[lambda: make_customer(Client(seat))["code"]] * 12)
    assert sorted(answers) == [f"CU-{number:05d}" for number in range(1, 13)]


def test_a_customer_that_gets_a_deal_is_not_deleted(committed_tenant):
    seat = make_seat(committed_tenant, "tenant_admin")
    for _ in range(5):
        customer = make_customer(Client(seat))["id"]
        deleted, created = at_once(
            lambda customer=customer: Client(seat).delete(f"/customers/{customer}"),
            lambda customer=customer: Client(seat).post("/deals", {"title": "Demo", "customerId": customer}),
        )
        assert (deleted.status_code, created.status_code) in {(204, 400), (409, 201)}
        with tenant_context(committed_tenant):
            deals = Deal.objects.filter(customer_id=customer).count()
            assert (deals, Customer.objects.filter(id=customer).count()) in {(0, 0), (1, 1)}
    assert_books_are_clean(committed_tenant)


def test_outstanding_adds_up(committed_tenant):
    seat = make_seat(committed_tenant, "tenant_admin")
    body = make_customer(Client(seat))

    def owe():
        with tenant_context(committed_tenant):
            for amount in ("100.10", "-0.05"):
                with transaction.atomic():
                    lock_customer(body["id"])
                    change_outstanding(body["id"], Decimal(amount))

    at_once(*[owe] * 8)
    after = Client(seat).get(f"/customers/{body['id']}").json()
    assert after["outstanding"] == "800.40"
    assert after["version"] == body["version"]


def test_nobody_owes_less_than_nothing(tenant, member):
    customer = make_customer(member(customers=["create"]))["id"]
    with tenant_context(tenant):
        assert change_outstanding(customer, Decimal("5")) == Decimal("5.00")
        with pytest.raises(IntegrityError), transaction.atomic():
            change_outstanding(customer, Decimal("-5.01"))
        assert change_outstanding(customer, Decimal("-5")) == 0
        for call in (lambda: change_outstanding(new_id(), Decimal(1)), lambda: lock_customer(new_id())):
            with pytest.raises(NotFound):
                call()
