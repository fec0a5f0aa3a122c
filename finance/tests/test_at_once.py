"""Many at the same money at the same time: nothing is received twice, no number is lost, and the books add up."""

import random
from collections import Counter
from contextlib import suppress
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import transaction

from crm.models import Customer
from crm.services.customers import lock_customer
from finance.models import Invoice, Receipt, ReceiptAllocation
from finance.services.invoices import create_invoice
from finance.services.issuing import cancel_invoice, issue_invoice
from finance.services.payments import record_payment
from finance.services.receipts import find_receipt, record_receipt, reverse_receipt
from finance.tests.books import Proforma, issue, line, make_customer, path_of, received
from nextgenerp.core import entitlements
from nextgenerp.core.documents.models import IssuedNumber
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.core.exceptions import DomainError
from nextgenerp.core.tenancy import SYSTEM, tenant_context, tenant_today
from nextgenerp.testing.books import assert_books_are_clean
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat
from nextgenerp.testing.threads import together


@pytest.fixture
def seat(committed_tenant):
    return make_seat(committed_tenant, "tenant_admin")


def insist(call):
    """The answer to a request, tried again while the server says it is too busy for it."""
    for _ in range(50):
        response = call()
        if response.status_code != 503:
            return response
    return response


def test_twenty_who_pay_the_same_balance(seat, committed_tenant):
    invoice = issue(Client(seat), lines=[line(unitPrice="1180", gstRate="0")])
    body = {"amount": "100.00", "method": "upi", "tdsAmount": "7.00"}
    answers = together(20, lambda _: insist(lambda: Client(seat).post(f"{path_of(invoice)}/payments", body)))
    assert Counter(one.status_code for one in answers) == {201: 11, 409: 9}
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"over_payment"}
    now = Client(seat).get(path_of(invoice)).json()
    assert (now["amountPaid"], now["balance"], now["status"]) == ("1177.00", "3.00", "partially_paid")
    assert_books_are_clean(committed_tenant)


def test_a_payment_is_reversed_by_one_of_many(seat, committed_tenant):
    invoice = issue(Client(seat))
    payment = Client(seat).post(f"{path_of(invoice)}/payments", {"amount": "100", "method": "upi"}).json()
    path = f"{path_of(invoice)}/payments/{payment['id']}/reverse"
    answers = together(8, lambda _: insist(lambda: Client(seat).post(path, {"reason": "Bounced"})))
    assert Counter(one.status_code for one in answers) == {201: 1, 409: 7}
    with tenant_context(committed_tenant):
        assert (Receipt.objects.count(), Invoice.objects.get().settled) == (2, 0)
    assert_books_are_clean(committed_tenant)


def test_an_invoice_is_issued_by_one_of_many(seat, committed_tenant):
    """All are answered 200, and the customer owes it once."""
    client = Client(seat)
    buyer = make_customer(client)
    draft = client.post("/finance/invoices", {"customerId": buyer, "lines": [line()]}).json()
    answers = together(
        8, lambda _: insist(lambda: Client(seat).patch(f"{path_of(draft)}/status", {"status": "sent"}))
    )
    assert Counter(one.status_code for one in answers) == {200: 8}
    with tenant_context(committed_tenant):
        assert Customer.objects.get(pk=buyer).outstanding == 1000
    assert_books_are_clean(committed_tenant)


def test_twenty_at_the_months_limit_make_one(seat, committed_tenant, monkeypatch):
    client = Client(seat)
    body = {"customerId": make_customer(client), "lines": [line()]}
    assert client.post("/finance/invoices", body).status_code == 201
    monkeypatch.setattr(entitlements, "_provider", lambda tenant: Entitlements({"invoices": 2}))
    answers = together(20, lambda _: insist(lambda: Client(seat).post("/finance/invoices", body)))
    assert Counter(one.status_code for one in answers) == {201: 1, 403: 19}
    with tenant_context(committed_tenant):
        assert (Invoice.objects.count(), IssuedNumber.objects.count()) == (2, 2)
        assert entitlements.used("invoices", period=f"{tenant_today():%Y-%m}") == 2
    assert_books_are_clean(committed_tenant)


class Failed(Exception):
    """What a transaction is made to end with."""


def test_fifty_creations_of_which_ten_fail_number_without_a_gap(seat, committed_tenant):
    buyer = make_customer(Client(seat))

    def make(index):
        with tenant_context(committed_tenant), suppress(Failed), transaction.atomic():
            customer = Customer.objects.get(pk=buyer)
            values = [{"name": "Widget", "quantity": Decimal(1), "unit_price": Decimal(10)}]
            invoice = create_invoice({"customer": customer}, values, actor=SYSTEM)
            if index % 5 == 0:
                raise Failed
            return invoice.number
        return None

    numbers = [number for number in together(50, make) if number]
    assert len(numbers) == 40
    with tenant_context(committed_tenant):
        register = list(IssuedNumber.objects.order_by("sequence").values_list("sequence", "number"))
        assert [sequence for sequence, _ in register] == list(range(1, 41))
        assert {number for _, number in register} == set(numbers)
        assert Invoice.objects.count() == 40
    assert_books_are_clean(committed_tenant)


class Desk:
    """One of several people at the same invoices: they do what chance says, each in a transaction."""

    def __init__(self, index, tenant, buyer, proforma):
        self.chance = random.Random(index)
        self.tenant, self.buyer, self.proforma = tenant, buyer, proforma

    def work(self, times):
        done = Counter()
        for _ in range(times):
            name = self.chance.choice(["make", "issue", "issue", "pay", "pay", "cancel", "receive", "bounce"])
            with tenant_context(self.tenant), suppress(DomainError):
                self.attempt(name)
                done[name] += 1
        return done

    @transaction.atomic
    def attempt(self, name):
        lock_customer(self.buyer)
        invoices = list(Invoice.objects.order_by("id").select_for_update())
        getattr(self, name)(self.chance.choice(invoices) if invoices else None)

    def make(self, _):
        customer = Customer.objects.get(pk=self.buyer)
        values = [
            {"name": "Widget", "quantity": Decimal(1), "unit_price": Decimal(self.chance.randrange(1, 500))}
        ]
        source = self.proforma.pk if self.chance.random() < 0.7 else None
        create_invoice({"customer": customer, "proforma_invoice_id": source}, values, actor=SYSTEM)

    def issue(self, invoice):
        if invoice and invoice.status == "draft":
            issue_invoice(invoice, actor=SYSTEM)

    def pay(self, invoice):
        if invoice:
            record_payment(invoice, received(self.chance.randrange(1, 400)), actor=SYSTEM)

    def cancel(self, invoice):
        if invoice and invoice.status != "cancelled":
            cancel_invoice(invoice, "Wrong", actor=SYSTEM)

    def receive(self, _):
        record_receipt(self.ledger(), received(self.chance.randrange(1, 300)), actor=SYSTEM)

    def bounce(self, _):
        entry = Receipt.objects.filter(
            proforma_invoice_id=self.proforma.pk, reverses=None, reversals=None
        ).first()
        if entry:
            reverse_receipt(
                self.ledger(), find_receipt(self.proforma, entry.pk), reason="Bounced", actor=SYSTEM
            )

    def ledger(self):
        """The proforma invoice with what is settled of it, as sales would have it under its lock."""
        entries = Receipt.objects.filter(proforma_invoice_id=self.proforma.pk)
        settled = sum((entry.settles for entry in entries), Decimal(0))
        return Proforma(self.buyer, Decimal(10_000), settled, pk=self.proforma.pk)


def test_many_who_make_issue_pay_and_cancel_at_once(seat, committed_tenant):
    buyer = UUID(make_customer(Client(seat)))
    proforma = Proforma(buyer, Decimal(10_000))
    done = sum(together(6, lambda index: Desk(index, committed_tenant, buyer, proforma).work(12)), Counter())
    assert min(done[name] for name in ("make", "issue", "receive")) > 2
    assert_books_are_clean(committed_tenant)
    with tenant_context(committed_tenant):
        open_ones = Invoice.objects.filter(
            proforma_invoice_id=proforma.pk, status__in=["sent", "partially_paid"]
        )
        live = Receipt.objects.filter(proforma_invoice_id=proforma.pk, reverses=None, reversals=None)
        idle = sum((one.settles for one in live), Decimal(0)) - sum(
            ReceiptAllocation.objects.values_list("amount", flat=True), Decimal(0)
        )
        assert idle == 0 or not open_ones.exists()
