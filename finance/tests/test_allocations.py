"""What was received on a proforma invoice settles the invoices of its orders: oldest first, each rupee once."""

from contextlib import suppress
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.models import Customer
from finance.models import Invoice, ReceiptAllocation
from finance.selectors.receipts import payments_of, receipts_of, settled_of
from finance.services.invoices import create_invoice
from finance.services.issuing import cancel_invoice, issue_invoice
from finance.services.payments import record_payment, reverse_payment
from finance.services.receipts import OverPayment, find_receipt, record_receipt, reverse_receipt
from finance.tests.books import EVERYTHING, Proforma, history_of, make_customer, past, received
from nextgenerp.core.exceptions import Conflict, InUse, Invalid, NotFound
from nextgenerp.core.tenancy import SYSTEM, tenant_context

LINE = {"name": "Widget", "quantity": Decimal(1)}


@pytest.fixture
def buyer(member, tenant):
    identifier = make_customer(member(customers=EVERYTHING))
    with tenant_context(tenant):
        yield Customer.objects.get(pk=identifier)


def draft(proforma, buyer, amount, age=0):
    values = {"customer": buyer, "date": past(age), "due_date": None, "proforma_invoice_id": proforma.pk}
    return create_invoice(values, [LINE | {"unit_price": Decimal(amount)}], actor=SYSTEM)


def issued(proforma, buyer, amount, age=0):
    return issue_invoice(draft(proforma, buyer, amount, age), actor=SYSTEM)


def figures(*invoices):
    """``(settled, status)`` of invoices as they are stored."""
    stored = Invoice.objects.in_bulk([invoice.pk for invoice in invoices])
    return [(stored[invoice.pk].settled, stored[invoice.pk].status) for invoice in invoices]


def owed(buyer):
    return Customer.objects.get(pk=buyer.pk).outstanding


def test_money_on_a_proforma_invoice_is_in_the_ledger(buyer):
    proforma = Proforma(buyer.pk, Decimal("1000.00"))
    first = record_receipt(
        proforma, received("600", tds_amount=Decimal("12.50"), reference="UTR 1"), actor=SYSTEM
    )
    assert (proforma.settled, first.proforma_invoice_id, first.invoice_id) == (
        Decimal("612.50"),
        proforma.pk,
        None,
    )
    with pytest.raises(OverPayment) as refused:
        record_receipt(proforma, received("387.51"), actor=SYSTEM)
    assert refused.value.members == {"balance": Decimal("387.50")}
    second = record_receipt(proforma, received("387.50"), actor=SYSTEM)
    opposite = reverse_receipt(proforma, first, reason="Bounced", actor=SYSTEM)
    assert (proforma.settled, opposite.amount, opposite.tds_amount) == (
        Decimal("387.50"), Decimal("-600"), Decimal("-12.50"),
    )  # fmt: skip
    assert settled_of([proforma.pk, uuid4()]) == {proforma.pk: Decimal("387.50")}
    entries = receipts_of(proforma.pk)
    assert [(one["id"], one["amount"], one["reversed_by_id"]) for one in entries] == [
        (first.pk, Decimal("600.00"), opposite.pk), (second.pk, Decimal("387.50"), None),
        (opposite.pk, Decimal("-600.00"), None),
    ]  # fmt: skip
    with pytest.raises(Conflict, match="has been reversed"):
        reverse_receipt(proforma, first, reason="Again", actor=SYSTEM)
    with pytest.raises(NotFound):
        find_receipt(Proforma(buyer.pk, Decimal(1)), first.pk)
    with pytest.raises(Invalid):
        record_receipt(proforma, received("1", date=past(-1)), actor=SYSTEM)
    assert owed(buyer) == 0


def test_it_settles_the_invoices_as_they_are_issued(buyer, tenant):
    proforma = Proforma(buyer.pk, Decimal("1000"))
    record_receipt(proforma, received("300"), actor=SYSTEM)
    record_receipt(proforma, received("400"), actor=SYSTEM)
    waiting = draft(proforma, buyer, 500)
    assert (figures(waiting), owed(buyer)) == ([(0, "draft")], 0)
    issue_invoice(waiting, actor=SYSTEM)
    assert (waiting.settled, waiting.status) == (500, "paid")
    assert (figures(waiting), owed(buyer)) == ([(500, "paid")], 0)
    second = issued(proforma, buyer, 500)
    assert (figures(waiting, second), owed(buyer)) == ([(500, "paid"), (200, "partially_paid")], 300)
    assert [one["amount"] for one in payments_of(second)] == [200]
    assert {one["proforma_invoice_id"] for one in payments_of(second)} == {proforma.pk}
    assert sum(one["amount"] for one in payments_of(waiting)) == 500
    assert ReceiptAllocation.objects.count() == 3
    history = history_of(tenant, str(second.pk))
    assert history[-1] == ("allocated", {"settled": ["0", "200.00"], "status": ["sent", "partially_paid"]})


def test_money_that_comes_later_goes_to_the_oldest_open_one(buyer):
    proforma = Proforma(buyer.pk, Decimal("1000"))
    new, old = issued(proforma, buyer, 500, age=1), issued(proforma, buyer, 300, age=9)
    record_receipt(proforma, received("350"), actor=SYSTEM)
    assert figures(old, new) == [(300, "paid"), (50, "partially_paid")]
    assert owed(buyer) == 450


def test_other_documents_and_customers_get_nothing(member, tenant):
    client = member(customers=EVERYTHING)
    identifiers = [make_customer(client, name=name) for name in ("Buyer", "Stranger")]
    with tenant_context(tenant):
        check_others_get_nothing(*[Customer.objects.get(pk=identifier) for identifier in identifiers])


def check_others_get_nothing(buyer, stranger):
    proforma, other = Proforma(buyer.pk, Decimal("1000")), Proforma(buyer.pk, Decimal("1000"))
    record_receipt(proforma, received("1000"), actor=SYSTEM)
    unrelated = issued(other, buyer, 100)
    strange = issued(proforma, stranger, 100)
    plain = issue_invoice(
        create_invoice({"customer": buyer}, [LINE | {"unit_price": Decimal(100)}], actor=SYSTEM), actor=SYSTEM
    )
    assert figures(unrelated, strange, plain) == [(0, "sent")] * 3
    assert (owed(buyer), owed(stranger)) == (200, 100)


def test_cancelling_frees_the_money_for_the_others(buyer):
    proforma = Proforma(buyer.pk, Decimal("1000"))
    record_receipt(proforma, received("400"), actor=SYSTEM)
    first, second = issued(proforma, buyer, 300), issued(proforma, buyer, 500)
    assert figures(first, second) == [(300, "paid"), (100, "partially_paid")]
    cancel_invoice(first, "Wrong", actor=SYSTEM)
    assert figures(first, second) == [(0, "cancelled"), (400, "partially_paid")]
    assert owed(buyer) == 100
    assert payments_of(first) == []
    cancel_invoice(Invoice.objects.get(pk=second.pk), "Wrong too", actor=SYSTEM)
    assert (owed(buyer), ReceiptAllocation.objects.count()) == (0, 0)
    third = issued(proforma, buyer, 1000)
    assert (figures(third), owed(buyer)) == ([(400, "partially_paid")], 600)


def test_a_bounced_payment_is_taken_back_from_the_invoices(buyer):
    proforma = Proforma(buyer.pk, Decimal("1000"))
    bounced = record_receipt(proforma, received("500"), actor=SYSTEM)
    good = record_receipt(proforma, received("100"), actor=SYSTEM)
    first, second = issued(proforma, buyer, 300, age=2), issued(proforma, buyer, 250, age=1)
    assert figures(first, second) == [(300, "paid"), (250, "paid")]
    reverse_receipt(proforma, bounced, reason="Bounced", actor=SYSTEM)
    assert figures(first, second) == [(50, "partially_paid"), (50, "partially_paid")]
    assert (owed(buyer), proforma.settled) == (450, 100)
    assert list(ReceiptAllocation.objects.values_list("receipt", "amount")) == [(good.pk, 50), (good.pk, 50)]


def test_own_payments_and_those_of_the_proforma_invoice_stand_side_by_side(buyer):
    proforma = Proforma(buyer.pk, Decimal("1000"))
    record_receipt(proforma, received("100"), actor=SYSTEM)
    invoice = issued(proforma, buyer, 300)
    own = record_payment(invoice, received("150"), actor=SYSTEM)
    with pytest.raises(OverPayment):
        record_payment(invoice, received("50.01"), actor=SYSTEM)
    record_receipt(proforma, received("200"), actor=SYSTEM)  # 50 of it fit
    assert (figures(invoice), owed(buyer)) == ([(300, "paid")], 0)
    invoice = Invoice.objects.get(pk=invoice.pk)
    with pytest.raises(InUse):
        cancel_invoice(invoice, "Wrong", actor=SYSTEM)
    reverse_payment(invoice, own, {"reason": "Bounced"}, actor=SYSTEM)  # the rest of it comes after
    assert (figures(invoice), owed(buyer)) == ([(300, "paid")], 0)
    assert sum(one["amount"] for one in payments_of(invoice)) == 300


OPERATIONS = st.one_of(
    st.tuples(st.just("draft"), st.sampled_from([0, 1]), st.integers(1, 300), st.integers(0, 5)),
    st.tuples(st.just("receive"), st.sampled_from([0, 1]), st.integers(1, 400), st.integers(0, 50)),
    st.tuples(st.sampled_from(["issue", "issue", "pay"]), st.integers(0, 20), st.integers(1, 300)),
    st.tuples(st.sampled_from(["cancel", "bounce", "reverse"]), st.integers(0, 20)),
)  # fmt: skip


class Books:
    """Two proforma invoices, their invoices, and everything received, as operations leave them."""

    def __init__(self, buyer):
        self.buyer = buyer
        self.proformas = [Proforma(buyer.pk, Decimal(900)) for _ in range(2)]
        self.invoices, self.receipts, self.payments = [], [], []

    def run(self, name, which, amount=0, more=0):
        with suppress(OverPayment, InUse, Conflict):
            getattr(self, name)(which, amount, more)

    def invoice(self, which):
        identifier = self.invoices[which % len(self.invoices)]
        return Invoice.objects.get(pk=identifier)

    def draft(self, which, amount, age):
        self.invoices.append(draft(self.proformas[which], self.buyer, amount, age).pk)

    def issue(self, which, *_):
        if self.invoices and self.invoice(which).status == "draft":
            issue_invoice(self.invoice(which), actor=SYSTEM)

    def cancel(self, which, *_):
        if self.invoices and self.invoice(which).status != "cancelled":
            cancel_invoice(self.invoice(which), "Wrong", actor=SYSTEM)

    def receive(self, which, amount, tds):
        values = received(amount, tds_amount=Decimal(tds))
        self.receipts.append((which, record_receipt(self.proformas[which], values, actor=SYSTEM)))

    def pay(self, which, amount, *_):
        if self.invoices:
            invoice = self.invoice(which)
            self.payments.append((invoice.pk, record_payment(invoice, received(amount), actor=SYSTEM)))

    def bounce(self, which, *_):
        if self.receipts:
            proforma, receipt = self.receipts[which % len(self.receipts)]
            reverse_receipt(self.proformas[proforma], receipt, reason="Bounced", actor=SYSTEM)

    def reverse(self, which, *_):
        if self.payments:
            identifier, payment = self.payments[which % len(self.payments)]
            reverse_payment(Invoice.objects.get(pk=identifier), payment, {"reason": "x"}, actor=SYSTEM)

    def check(self):
        """What must hold whatever happened, reckoned from the rows anew."""
        mine = Invoice.objects.filter(customer=self.buyer)
        invoices = list(mine.prefetch_related("receipts", "allocations"))
        for invoice in invoices:
            parts = [one.settles for one in invoice.receipts.all()] + [
                one.amount for one in invoice.allocations.all()
            ]
            assert sum(parts, Decimal(0)) == invoice.settled <= invoice.payable
            assert sum(one["amount"] + one["tds_amount"] for one in payments_of(invoice)) == invoice.settled
        live = [invoice for invoice in invoices if invoice.status not in {"draft", "cancelled"}]
        assert owed(self.buyer) == sum(invoice.balance for invoice in live)
        for proforma in self.proformas:
            received_on_it = settled_of([proforma.pk]).get(proforma.pk, 0)
            allocated = ReceiptAllocation.objects.filter(receipt__proforma_invoice_id=proforma.pk)
            used = allocated.aggregate(sum=Sum("amount"))["sum"] or 0
            assert used <= received_on_it == proforma.settled <= proforma.payable
            open_ones = [one for one in live if one.proforma_invoice_id == proforma.pk and one.balance]
            assert used == received_on_it or not open_ones  # no money lies idle while something is owed
        for receipt in {
            allocation.receipt for allocation in ReceiptAllocation.objects.select_related("receipt")
        }:
            assert not receipt.reversals.exists()
            assert sum(receipt.allocations.values_list("amount", flat=True)) <= receipt.settles


@settings(
    max_examples=10, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(operations=st.lists(OPERATIONS, min_size=6, max_size=14))
def test_the_books_balance_whatever_happens(member, tenant, operations):
    identifier = make_customer(member(customers=EVERYTHING))
    with tenant_context(tenant):
        books = Books(Customer.objects.get(pk=identifier))
        for operation in operations:
            books.run(*operation)
        books.check()
