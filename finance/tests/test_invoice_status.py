"""Invoices issued and cancelled: what is locked, what follows, what is refused."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import Tenant
from finance.models import Invoice
from finance.tests.books import (
    EVERYTHING,
    GSTIN,
    again,
    charging_gst,
    day,
    field_errors,
    history_of,
    issue,
    line,
    make_customer,
    make_invoice,
    outstanding,
    path_of,
    pay,
    problem,
)
from nextgenerp.core.tenancy import tenant_context, tenant_today
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat


@pytest.fixture
def clerk(member):
    return member(finance=EVERYTHING, customers=EVERYTHING)


@pytest.fixture(autouse=True)
def gst(tenant):
    charging_gst(tenant)


@pytest.fixture
def buyer(clerk):
    return make_customer(clerk)


def move(client, invoice, status, **values):
    return client.patch(f"{path_of(invoice)}/status", {"status": status} | values)


@pytest.mark.parametrize("by", ["status", "patch"])
def test_issuing_makes_the_customer_owe_it(clerk, buyer, tenant, by):
    invoice = make_invoice(clerk, buyer)
    assert outstanding(tenant, buyer) == 0
    path = path_of(invoice) + ("/status" if by == "status" else "")
    response = clerk.patch(path, {"status": "sent"})
    issued = response.json()
    assert (response.status_code, issued["status"], issued["version"]) == (200, "sent", 2)
    assert response["ETag"] == '"2"'
    assert {**issued, "status": "draft", "version": 1, "updatedAt": ""} == invoice | {"updatedAt": ""}
    assert outstanding(tenant, buyer) == Decimal("1180.00")
    assert history_of(tenant, invoice["id"]) == [("created", {}), ("issued", {"status": ["draft", "sent"]})]
    with tenant_context(tenant):
        snapshot = Invoice.objects.get(pk=invoice["id"]).snapshot
    assert (snapshot["company"]["gstin"], snapshot["customer"]["name"]) == (GSTIN, "Demo Buyer")


def test_a_patch_changes_and_issues_at_once(clerk, buyer, tenant):
    invoice = make_invoice(clerk, buyer)
    issued = clerk.patch(path_of(invoice), {"status": "sent", "lines": [line(unitPrice="500")]}).json()
    assert (issued["status"], issued["balance"]) == ("sent", "590.00")
    assert outstanding(tenant, buyer) == Decimal("590.00")


def test_a_draft_is_computed_once_more_when_it_is_issued(clerk, buyer, tenant):
    Tenant.objects.filter(pk=tenant.pk).update(gstin="")
    invoice = make_invoice(clerk, buyer)
    assert invoice["totals"]["payable"] == "1000.00"
    charging_gst(tenant)
    assert move(clerk, invoice, "sent").json()["totals"]["payable"] == "1180.00"
    assert outstanding(tenant, buyer) == Decimal("1180.00")


def test_what_was_issued_does_not_change_with_the_customer_or_the_company(clerk, buyer, tenant):
    invoice = issue(clerk, buyer)
    Tenant.objects.filter(pk=tenant.pk).update(gstin="")
    clerk.patch(f"/customers/{buyer}", {"name": "Another Name", "billingAddress": {"line1": "Elsewhere"}})
    assert clerk.patch(path_of(invoice), {"notes": "A note"}).json()["totals"] == invoice["totals"]
    with tenant_context(tenant):
        stored = Invoice.objects.get(pk=invoice["id"])
    assert (stored.snapshot["customer"]["name"], stored.snapshot["company"]["gstin"]) == ("Demo Buyer", GSTIN)
    assert stored.billing_address["line1"] == "1 Demo Road"


LOCKED = [
    {"lines": [line(unitPrice="1.00")]},
    {"items": [{"description": "x", "quantity": 1, "rate": 1}]},
    {"date": day(-1)},
    {"discountValue": "1"},
    {"discountType": "amount"},
    {"charges": [{"label": "Freight", "amount": 1}]},
    {"taxMode": "inclusive"},
    {"reverseCharge": True},
    {"roundOff": False},
    {"placeOfSupply": "29"},
    {"terms": "Other"},
    {"billingAddress": {"line1": "Other"}},
]


@pytest.mark.parametrize("change", LOCKED, ids=lambda change: next(iter(change)))
def test_figures_of_an_issued_invoice_are_locked(clerk, buyer, change):
    invoice = issue(clerk, buyer)
    assert problem(clerk.patch(path_of(invoice), {"notes": "Not stored"} | change)) == (409, "locked")
    assert again(clerk, invoice) == invoice


def test_another_customer_is_locked_too(clerk, buyer):
    invoice = issue(clerk, buyer)
    assert problem(clerk.patch(path_of(invoice), {"customerId": make_customer(clerk)})) == (409, "locked")


def test_what_is_not_money_may_still_change(clerk, buyer, tenant):
    invoice = issue(clerk, buyer)
    change = {"notes": "Call first", "referenceNo": "PO 9", "dueDate": day(10)}
    changed = clerk.patch(path_of(invoice), change).json()
    assert {name: changed[name] for name in change} == change
    assert (changed["status"], changed["version"]) == ("sent", 3)
    assert field_errors(clerk.patch(path_of(invoice), {"dueDate": day(-1)})) == {("dueDate", "min_value")}
    assert clerk.get("/finance/invoices?search=po 9").json()["data"][0]["id"] == invoice["id"]


@pytest.mark.parametrize("status", ["sent", "cancelled"])
def test_an_issued_invoice_is_never_deleted(clerk, buyer, status):
    invoice = issue(clerk, buyer)
    move(clerk, invoice, status, reason="Wrong")
    assert problem(clerk.delete(path_of(invoice))) == (409, "locked")
    assert again(clerk, invoice)["status"] == status


def test_cancelling_needs_a_reason_and_keeps_the_number(clerk, buyer, tenant):
    invoice = issue(clerk, buyer)
    assert field_errors(move(clerk, invoice, "cancelled")) == {("reason", "required")}
    assert field_errors(move(clerk, invoice, "cancelled", reason="  ")) == {("reason", "required")}
    assert outstanding(tenant, buyer) == Decimal("1180.00")
    cancelled = move(clerk, invoice, "cancelled", reason="Ordered twice").json()
    assert (cancelled["status"], cancelled["cancelReason"], cancelled["number"]) == (
        "cancelled", "Ordered twice", invoice["number"],
    )  # fmt: skip
    assert outstanding(tenant, buyer) == 0
    assert history_of(tenant, invoice["id"])[-1] == (
        "cancelled", {"status": ["sent", "cancelled"], "cancelReason": ["", "Ordered twice"]},
    )  # fmt: skip
    assert problem(clerk.post(f"{path_of(invoice)}/payments", {"amount": 1, "method": "upi"})) == (
        409,
        "conflict",
    )
    assert problem(clerk.patch(path_of(invoice), {"discountValue": "1"})) == (409, "locked")


def test_a_draft_may_be_cancelled_too(clerk, buyer, tenant):
    invoice = make_invoice(clerk, buyer)
    cancelled = clerk.patch(path_of(invoice), {"status": "cancelled", "reason": "Not needed"}).json()
    assert (cancelled["status"], outstanding(tenant, buyer)) == ("cancelled", 0)


def test_an_invoice_with_payments_is_not_cancelled(clerk, buyer, tenant):
    invoice = issue(clerk, buyer)
    payment = pay(clerk, invoice, "100.00", tdsAmount="10.00")
    refused = move(clerk, invoice, "cancelled", reason="Wrong")
    assert (problem(refused), refused.json()["settled"]) == ((409, "in_use"), "110.00")
    assert (again(clerk, invoice)["status"], outstanding(tenant, buyer)) == (
        "partially_paid",
        Decimal("1070.00"),
    )
    clerk.post(f"{path_of(invoice)}/payments/{payment['id']}/reverse", {"reason": "Bounced"})
    assert move(clerk, invoice, "cancelled", reason="Wrong").status_code == 200
    assert outstanding(tenant, buyer) == 0


@pytest.mark.parametrize(
    ("steps", "to", "allowed"),
    [
        ([], "paid", ["sent", "cancelled"]),
        ([], "overdue", ["sent", "cancelled"]),
        (["sent"], "draft", ["cancelled"]),
        (["sent"], "paid", ["cancelled"]),
        (["sent", "cancelled"], "sent", []),
        (["sent", "cancelled"], "draft", []),
    ],
)
def test_a_step_that_is_none(clerk, buyer, tenant, steps, to, allowed):
    invoice = make_invoice(clerk, buyer)
    for step in steps:
        move(clerk, invoice, step, reason="Wrong")
    before, owed = again(clerk, invoice), outstanding(tenant, buyer)
    for response in (move(clerk, invoice, to), clerk.patch(path_of(invoice), {"status": to, "notes": "x"})):
        assert problem(response) == (409, "invalid_transition")
        refusal = response.json()
        assert (refusal["from"], refusal["to"], refusal["allowed"]) == (before["status"], to, allowed)
    assert (again(clerk, invoice), outstanding(tenant, buyer)) == (before, owed)


def test_the_same_status_again_changes_nothing(clerk, buyer, tenant):
    invoice = issue(clerk, buyer, date=day(-5), dueDate=day(-1))
    assert invoice["status"] == "overdue"
    for status in ("sent", "overdue"):
        response = move(clerk, invoice, status)
        assert (response.status_code, response.json()) == (200, invoice)
    assert outstanding(tenant, buyer) == Decimal("1180.00")
    assert field_errors(move(clerk, invoice, "gone")) == {("status", "invalid_choice")}
    assert field_errors(clerk.patch(f"{path_of(invoice)}/status", {})) == {("status", "required")}


def test_a_draft_dated_in_the_future_by_now_is_not_issued(clerk, buyer, tenant):
    invoice = make_invoice(clerk, buyer)
    with tenant_context(tenant):
        tomorrow = Invoice.objects.get(pk=invoice["id"]).date + timedelta(days=1)
        Invoice.objects.filter(pk=invoice["id"]).update(date=tomorrow, due_date=tomorrow)
    assert field_errors(move(clerk, invoice, "sent")) == {("date", "in_future")}
    assert outstanding(tenant, buyer) == 0


def test_today_is_the_tenants(clerk, buyer, tenant):
    """What was due yesterday in Kiritimati is not overdue in Pago Pago, 25 hours behind."""
    invoice = issue(clerk, buyer, date=day(-5))

    def shown(zone, due=None):
        Tenant.objects.filter(pk=tenant.pk).update(time_zone=zone)
        tenant.refresh_from_db()
        with tenant_context(tenant):
            if due is not None:
                due_date = tenant_today() + timedelta(days=due)
                Invoice.objects.filter(pk=invoice["id"]).update(due_date=due_date)
        overdue = clerk.get("/finance/invoices?status=overdue").json()["data"]
        return again(clerk, invoice)["status"], len(overdue)

    assert shown("Pacific/Kiritimati", due=0) == ("sent", 0)
    assert shown("Pacific/Kiritimati", due=-1) == ("overdue", 1)
    assert shown("Pacific/Pago_Pago") == ("sent", 0)


def test_an_invoice_of_nothing_is_paid_when_issued(clerk, buyer, tenant):
    invoice = issue(clerk, buyer, lines=[line(unitPrice="0")])
    assert (invoice["status"], invoice["balance"], outstanding(tenant, buyer)) == ("paid", "0.00", 0)
    assert move(clerk, invoice, "cancelled", reason="Wrong").json()["status"] == "cancelled"


def test_issuing_needs_can_edit(clerk, tenant, buyer):
    invoice = make_invoice(clerk, buyer)
    maker = Client(make_seat(tenant, permissions=grants(finance=["view", "create", "delete"])))
    refused = move(maker, invoice, "sent")
    assert (refused.status_code, refused.json()["action"]) == (403, "canEdit")
