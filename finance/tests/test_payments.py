"""Payments of invoices: written down, added up, reversed, never more than is owed."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from finance.models import Receipt
from finance.tests.books import (
    EVERYTHING,
    again,
    charging_gst,
    day,
    field_errors,
    history_of,
    issue,
    make_customer,
    make_invoice,
    outstanding,
    path_of,
    pay,
    problem,
)
from nextgenerp.core.documents.models import BankAccount
from nextgenerp.core.tenancy import tenant_context


@pytest.fixture
def clerk(member):
    return member(finance=EVERYTHING, customers=EVERYTHING)


@pytest.fixture(autouse=True)
def gst(tenant):
    charging_gst(tenant)


@pytest.fixture
def buyer(clerk):
    return make_customer(clerk)


@pytest.fixture
def invoice(clerk, buyer):
    """An issued one of 1180.00."""
    return issue(clerk, buyer)


def payments(client, invoice):
    response = client.get(f"{path_of(invoice)}/payments")
    assert (response.status_code, response.json()["pagination"]) == (200, None)
    return response.json()["data"]


def reverse(client, invoice, payment, **values):
    return client.post(f"{path_of(invoice)}/payments/{payment['id']}/reverse", {"reason": "Bounced"} | values)


def test_a_payment_with_every_field(clerk, invoice, buyer, tenant, queries):
    with tenant_context(tenant):
        account = BankAccount.objects.create(
            account_name="Demo", bank_name="Demo Bank", account_number="123456789", ifsc="DEMO0000001"
        )
    sent = {
        "amount": "1000.00", "tdsAmount": "80.50", "date": day(-1), "method": "bank_transfer", "reference": "UTR 1",
        "bankAccountId": str(account.pk), "notes": "First part",
    }  # fmt: skip
    with queries() as seen:
        response = clerk.post(f"{path_of(invoice)}/payments", sent)
    payment = response.json()
    assert response.status_code == 201, response.content
    assert response["Location"] == f"{path_of(invoice)}/payments"
    assert payment == sent | {
        "id": payment["id"], "reversesId": None, "reversedById": None, "proformaInvoiceId": None,
        "createdBy": {"id": str(clerk.seat.id), "name": f"Staff {clerk.seat.last_name}"},
        "createdAt": payment["createdAt"],
    }  # fmt: skip
    now = again(clerk, invoice)
    assert (now["status"], now["amountPaid"], now["balance"]) == ("partially_paid", "1080.50", "99.50")
    assert now["totals"] == invoice["totals"]
    assert outstanding(tenant, buyer) == Decimal("99.50")
    assert payments(clerk, invoice) == [payment]
    assert history_of(tenant, invoice["id"])[-1] == (
        "payment_recorded",
        {"amount": [None, "1000.00"], "tdsAmount": [None, "80.50"], "settled": ["0.00", "1080.50"]},
    )
    assert len(seen) <= 16


def test_the_status_follows_the_sum(clerk, invoice, buyer, tenant):
    pay(clerk, invoice, "1179.99")
    assert again(clerk, invoice)["status"] == "partially_paid"
    pay(clerk, invoice, 0, tdsAmount="0.01")
    now = again(clerk, invoice)
    assert (now["status"], now["balance"], outstanding(tenant, buyer)) == ("paid", "0.00", 0)
    first, second = payments(clerk, invoice)
    assert (first["amount"], second["amount"], second["tdsAmount"]) == ("1179.99", "0.00", "0.01")
    assert first["date"] == day()


@pytest.mark.parametrize(
    "values",
    [{"amount": "1180.01"}, {"amount": "1180.00", "tdsAmount": "0.01"}, {"amount": 0, "tdsAmount": 2000}],
)
def test_more_than_the_balance_is_refused(clerk, invoice, buyer, tenant, values):
    refused = clerk.post(f"{path_of(invoice)}/payments", {"method": "cash"} | values)
    assert (problem(refused), refused.json()["balance"]) == ((409, "over_payment"), "1180.00")
    assert (payments(clerk, invoice), again(clerk, invoice)) == ([], invoice)
    assert outstanding(tenant, buyer) == Decimal("1180.00")
    pay(clerk, invoice, "1180")
    again_refused = clerk.post(f"{path_of(invoice)}/payments", {"method": "cash", "amount": "0.01"})
    assert (problem(again_refused), again_refused.json()["balance"]) == ((409, "over_payment"), "0.00")


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"amount": "0"}, ("amount", "min_value")),
        ({"amount": "-1"}, ("amount", "min_value")),
        ({"amount": "1.001"}, ("amount", "max_decimal_places")),
        ({"amount": "NaN"}, ("amount", "invalid")),
        ({"amount": None}, ("amount", "null")),
        ({"tdsAmount": "-1"}, ("tdsAmount", "min_value")),
        ({"method": "barter"}, ("method", "invalid_choice")),
        ({"date": "2999-01-01"}, ("date", "in_future")),
        ({"bankAccountId": str(uuid4())}, ("bankAccountId", "does_not_exist")),
        ({"reference": "x" * 101}, ("reference", "max_length")),
        ({"note": "x"}, ("note", "unknown_field")),
    ],
)
def test_what_is_no_payment_is_refused(clerk, invoice, tenant, values, error):
    body = {"amount": "1.00", "method": "upi"} | values
    assert field_errors(clerk.post(f"{path_of(invoice)}/payments", body)) == {error}
    assert (payments(clerk, invoice), again(clerk, invoice)) == ([], invoice)


def test_a_draft_takes_no_payments(clerk, buyer):
    draft = make_invoice(clerk, buyer)
    assert problem(clerk.post(f"{path_of(draft)}/payments", {"amount": 1, "method": "upi"})) == (
        409,
        "conflict",
    )
    assert payments(clerk, draft) == []


def test_a_reversal_is_the_opposite_and_both_stay(clerk, invoice, buyer, tenant):
    first, second = (
        pay(clerk, invoice, "600.00", tdsAmount="20.00", reference="CHQ 5"),
        pay(clerk, invoice, "100"),
    )
    response = reverse(clerk, invoice, first)
    opposite = response.json()
    assert (response.status_code, response["Location"]) == (201, f"{path_of(invoice)}/payments")
    assert opposite == first | {
        "id": opposite["id"], "amount": "-600.00", "tdsAmount": "-20.00", "notes": "Bounced", "reversesId": first["id"],
        "createdAt": opposite["createdAt"],
    }  # fmt: skip
    now = again(clerk, invoice)
    assert (now["status"], now["amountPaid"], now["balance"]) == ("partially_paid", "100.00", "1080.00")
    assert outstanding(tenant, buyer) == Decimal("1080.00")
    assert payments(clerk, invoice) == [first | {"reversedById": opposite["id"]}, second, opposite]
    assert history_of(tenant, invoice["id"])[-1] == (
        "payment_reversed",
        {
            "amount": [None, "-600.00"], "tdsAmount": [None, "-20.00"], "settled": ["720.00", "100.00"],
            "reason": [None, "Bounced"],
        },
    )  # fmt: skip
    reverse(clerk, invoice, second)
    now = again(clerk, invoice)
    assert (now["status"], now["balance"], outstanding(tenant, buyer)) == (
        "sent",
        "1180.00",
        Decimal("1180.00"),
    )


def test_a_payment_is_reversed_once(clerk, invoice):
    payment = pay(clerk, invoice, "600.00")
    opposite = reverse(clerk, invoice, payment).json()
    for one in (payment, opposite):
        assert problem(reverse(clerk, invoice, one)) == (409, "already_reversed")
    assert len(payments(clerk, invoice)) == 2


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"reason": ""}, ("reason", "blank")), ({"reason": None}, ("reason", "null")),
        ({"reason": "x" * 501}, ("reason", "max_length")), ({"date": "2999-01-01"}, ("date", "in_future")),
        ({"date": day(-2)}, ("date", "min_value")), ({"amount": "1"}, ("amount", "unknown_field")),
    ],
)  # fmt: skip
def test_a_reversal_that_is_refused(clerk, invoice, values, error):
    payment = pay(clerk, invoice, "600.00", date=day(-1))
    assert field_errors(reverse(clerk, invoice, payment, **values)) == {error}
    assert payments(clerk, invoice) == [payment]
    assert again(clerk, invoice)["balance"] == "580.00"


def test_a_payment_of_another_invoice_is_404(clerk, invoice, buyer):
    other = issue(clerk, buyer)
    payment = pay(clerk, other, "1.00")
    for one in (payment["id"], str(uuid4()), "nothing"):
        response = clerk.post(f"{path_of(invoice)}/payments/{one}/reverse", {})
        assert problem(response) == (404, "not_found")
    assert payments(clerk, other) == [payment]


def test_a_key_pays_once(clerk, invoice):
    body, key = {"amount": "100.00", "method": "upi"}, {"Idempotency-Key": "once"}
    first, second = (clerk.post(f"{path_of(invoice)}/payments", body, headers=key) for _ in range(2))
    assert (first.json(), second["Idempotency-Replayed"]) == (second.json(), "true")
    assert len(payments(clerk, invoice)) == 1


def test_entries_are_append_only(clerk, invoice, tenant):
    """By privilege, as history is; deleting nothing and changing nothing is what the application can do."""
    payment = pay(clerk, invoice, "600.00")
    with tenant_context(tenant):
        for change in (
            lambda: Receipt.objects.filter(pk=payment["id"]).update(amount=1),
            lambda: Receipt.objects.filter(pk=payment["id"]).delete(),
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                change()


@pytest.mark.parametrize(
    "values",
    [
        {"amount": "-1"}, {"tds_amount": "-1"}, {"amount": 0}, {"proforma_invoice_id": uuid4()}, {"invoice_id": None},
        {"reverses": True}, {"reverses": True, "amount": "-1"},
    ],
)  # fmt: skip
def test_the_database_holds_the_rules_too(clerk, invoice, tenant, values):
    payment = pay(clerk, invoice, "600.00")
    reversed_already = reverse(clerk, invoice, payment)
    assert reversed_already.status_code == 201
    with tenant_context(tenant):
        values = dict(values)
        if values.pop("reverses", False):
            values["reverses_id"] = payment["id"]
        columns = {
            "invoice_id": invoice["id"],
            "customer_id": invoice["customerId"],
            "amount": 1,
            "method": "upi",
            "date": day(),
        }
        with pytest.raises(IntegrityError), transaction.atomic():
            Receipt.objects.create(**columns | values)


def test_a_customer_with_payments_stays(clerk, invoice, buyer):
    pay(clerk, invoice, "600.00")
    assert clerk.delete(f"/customers/{buyer}").json()["counts"] == {"invoices": 1, "receipts": 1}
