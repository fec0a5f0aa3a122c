"""Proforma invoices: their moves, and the payments their status follows."""

from datetime import timedelta

import pytest

from nextgenerp.core.tenancy import tenant_context, tenant_today
from sales.models import ProformaInvoice, ProformaInvoiceStatus
from sales.tests.documents import (
    all_rounder,
    changed,
    created,
    field_errors,
    history_of,
    make_customer,
    make_proforma,
    move,
    refused,
    snapshot,
)

PATH = "/proforma-invoices"
BY_HAND = {"draft": ["sent", "cancelled"], "sent": ["cancelled"], "overdue": ["cancelled"]}
CATEGORIES = ["draft", "sent", "partially_paid", "paid", "overdue", "cancelled"]


@pytest.fixture
def client(member):
    return all_rounder(member)


@pytest.fixture
def proforma(client):
    """One of 2,000 that was sent."""
    return changed(move(client, PATH, make_proforma(client), "sent"))


def put(tenant, proforma, category):
    with tenant_context(tenant):
        status = ProformaInvoiceStatus.objects.get(category=category, is_system=True)
        ProformaInvoice.objects.filter(id=proforma["id"]).update(status=status)


def pay(client, proforma, of, **body):
    return client.post(f"{PATH}/{proforma['id']}/payments", {"amount": of, "method": "upi"} | body)


def reverse(client, proforma, payment, **body):
    return client.post(
        f"{PATH}/{proforma['id']}/payments/{payment['id']}/reverse", {"reason": "Bounced"} | body
    )


def state(client, proforma):
    found = client.get(f"{PATH}/{proforma['id']}").json()
    return found["status"]["category"], found["settled"], found["balance"]


@pytest.mark.parametrize("start", CATEGORIES)
def test_every_move_by_hand(start, client, tenant):
    proforma = make_proforma(client)
    for to in CATEGORIES:
        put(tenant, proforma, start)
        before = snapshot(tenant)
        answer = move(client, PATH, proforma, to)
        if to in BY_HAND.get(start, []):
            assert changed(answer)["status"]["category"] == to
            continue
        if to == start:
            assert changed(answer)["status"]["category"] == start
        else:
            problem = refused(answer, 409, "invalid_transition")
            assert (problem["from"], problem["to"], problem["allowed"]) == (start, to, BY_HAND.get(start, []))
        assert snapshot(tenant) == before


def test_a_payment_is_written_down_and_the_status_follows(client, proforma, tenant):
    response = pay(
        client, proforma, "900", tdsAmount="100", date="2026-01-15", method="bank_transfer", reference="UTR 1",
        notes="Advance",
    )  # fmt: skip
    payment = created(response)
    assert payment == {
        "id": payment["id"], "date": "2026-01-15", "amount": "900.00", "tdsAmount": "100.00",
        "method": "bank_transfer", "reference": "UTR 1", "bankAccountId": None, "notes": "Advance",
        "reversesId": None, "reversedById": None, "proformaInvoiceId": proforma["id"],
        "createdBy": {"id": str(client.seat.id), "name": client.seat.name}, "createdAt": payment["createdAt"],
    }  # fmt: skip
    assert state(client, proforma) == ("partially_paid", "1000.00", "1000.00")
    with tenant_context(tenant):
        today = tenant_today().isoformat()
    rest = created(pay(client, proforma, "1000"))
    assert rest["date"] == today
    assert state(client, proforma) == ("paid", "2000.00", "0.00")
    listed = client.get(f"{PATH}/{proforma['id']}/payments").json()
    assert ([one["id"] for one in listed["data"]], listed["pagination"]) == (
        [payment["id"], rest["id"]],
        None,
    )
    assert [action for action, _ in history_of(tenant, proforma["id"])] == [
        "created", "status_changed", "payment_recorded", "status_changed", "payment_recorded", "status_changed",
    ]  # fmt: skip


def test_no_more_than_the_balance(client, proforma, tenant):
    created(pay(client, proforma, "1999.99"))
    before = snapshot(tenant)
    for answer in (pay(client, proforma, "0.02"), pay(client, proforma, "0.01", tdsAmount="0.01")):
        assert refused(answer, 409, "over_payment")["balance"] == "0.01"
    assert snapshot(tenant) == before
    created(pay(client, proforma, "0", tdsAmount="0.01"))
    assert state(client, proforma)[0] == "paid"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("amount", "-1", "min_value"), ("amount", "0", "min_value"), ("amount", "1.001", "max_decimal_places"),
        ("amount", None, "null"), ("method", "barter", "invalid_choice"), ("date", "2999-01-01", "in_future"),
        ("tdsAmount", "-1", "min_value"), ("bankAccountId", "x", "does_not_exist"),
        ("reference", "x" * 101, "max_length"), ("status", "paid", "unknown_field"),
    ],
)  # fmt: skip
def test_a_payment_that_is_none(field, value, code, client, proforma, tenant):
    before = snapshot(tenant)
    assert (field, code) in field_errors(pay(client, proforma, "1", **{field: value}))
    assert snapshot(tenant) == before


@pytest.mark.parametrize("category", ["draft", "cancelled"])
def test_only_what_was_sent_is_paid(category, client, tenant):
    proforma = make_proforma(client)
    put(tenant, proforma, category)
    before = snapshot(tenant)
    refused(pay(client, proforma, "1"), 409, "conflict")
    assert snapshot(tenant) == before


def test_reversing_takes_the_status_back(client, proforma, tenant):
    first, second = created(pay(client, proforma, "500")), created(pay(client, proforma, "1500"))
    opposite = created(reverse(client, proforma, second))
    assert (opposite["amount"], opposite["reversesId"], opposite["notes"]) == (
        "-1500.00",
        second["id"],
        "Bounced",
    )
    assert state(client, proforma) == ("partially_paid", "500.00", "1500.00")
    before = snapshot(tenant)
    refused(reverse(client, proforma, second), 409, "already_reversed")
    refused(reverse(client, proforma, opposite), 409, "already_reversed")
    assert field_errors(reverse(client, proforma, first, reason="")) == {("reason", "blank")}
    assert reverse(client, proforma, {"id": proforma["id"]}).status_code == 404
    refused(move(client, PATH, proforma, "cancelled"), 409, "invalid_transition")
    assert snapshot(tenant) == before
    created(reverse(client, proforma, first))
    assert state(client, proforma) == ("sent", "0.00", "2000.00")
    changed(move(client, PATH, proforma, "cancelled"))


def test_paid_is_over_overdue_and_overdue_over_partially_paid(client, tenant):
    with tenant_context(tenant):
        past = (tenant_today() - timedelta(days=1)).isoformat()
    proforma = changed(move(client, PATH, make_proforma(client, dueDate=past), "sent"))
    payment = created(pay(client, proforma, "500"))
    assert state(client, proforma)[0] == "overdue"
    rest = created(pay(client, proforma, "1500"))
    assert state(client, proforma)[0] == "paid"
    created(reverse(client, proforma, rest))
    assert state(client, proforma)[0] == "overdue"
    assert refused(move(client, PATH, proforma, "cancelled"), 409, "in_use")["settled"] == "500.00"
    created(reverse(client, proforma, payment))
    assert state(client, proforma)[0] == "overdue"
    changed(move(client, PATH, proforma, "cancelled"))


def test_what_was_received_is_printed_off_what_is_asked_for(client, proforma):
    created(pay(client, proforma, "500"))
    pdf = client.get(f"{PATH}/{proforma['id']}/pdf")
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")


def test_paying_needs_the_grant_to_edit_and_a_place_in_the_scope(member, client, proforma, tenant):
    before = snapshot(tenant)
    refused(pay(member(proforma_invoices=["view", "create"]), proforma, "1"), 403, "permission_denied")
    assert pay(member(scope="own", proforma_invoices=["view", "edit"]), proforma, "1").status_code == 404
    assert snapshot(tenant) == before
    created(pay(member(proforma_invoices=["view", "edit"]), proforma, "1"))


def test_lists_by_due_date_and_balance(client):
    customer = make_customer(client)
    late = make_proforma(client, customerId=customer["id"], dueDate="2026-01-02")
    later, never = make_proforma(client, dueDate="2026-01-03"), make_proforma(client)
    rows = client.get(f"{PATH}?sortBy=dueDate&sortOrder=asc").json()["data"]
    assert [row["id"] for row in rows] == [late["id"], later["id"], never["id"]]
    assert {row["balance"] for row in rows} == {"2000.00"}
    assert client.get(f"{PATH}?customerId={customer['id']}&status=draft").json()["pagination"]["total"] == 1
