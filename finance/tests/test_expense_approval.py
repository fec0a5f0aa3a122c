"""Who decides on an expense, and what may happen to it then."""

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from finance.models import Expense
from finance.tests.books import EVERYTHING, field_errors, history_of, make_expense, problem
from nextgenerp.core.models import StoredFile
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat

PNG = b"\x89PNG\r\n\x1a\n" + b"demo" * 8
PDF = b"%PDF-1.7\n" + b"demo" * 8


@pytest.fixture
def clerk(member):
    return member("staff")


@pytest.fixture
def boss(tenant):
    return Client(make_seat(tenant, "manager", permissions=grants(finance=EVERYTHING)))


@pytest.fixture
def at(clerk, boss):
    """``at("approved")``: the path of an expense of the clerk's in a status."""

    def make(*steps):
        path = f"/finance/expenses/{make_expense(clerk)['id']}"
        for status in steps:
            assert boss.patch(path, {"status": status}).json()["status"] == status
        return path

    return make


def test_a_manager_approves_what_somebody_else_entered(at, boss, tenant):
    path = at()
    response = boss.patch(path, {"status": "approved"})
    assert (response.status_code, response.json()["status"], response["ETag"]) == (200, "approved", '"2"')
    history = history_of(tenant, path.rpartition("/")[2])
    assert history[1:] == [("approved", {"status": ["pending", "approved"]})]


@pytest.mark.parametrize("status", ["approved", "rejected"])
def test_nobody_decides_on_their_own(tenant, status):
    own = Client(make_seat(tenant, "tenant_admin"))
    path = f"/finance/expenses/{make_expense(own)['id']}"
    response = own.patch(path, {"status": status})
    assert problem(response) == (403, "permission_denied")
    assert own.get(path).json()["status"] == "pending"


def test_staff_do_not_decide_whatever_they_are_granted(at, member, tenant):
    path = at()
    assert problem(member("staff").patch(path, {"status": "approved"})) == (403, "permission_denied")
    seat = make_seat(tenant, "manager", permissions=grants(finance=["view", "create", "delete"]))
    refused = Client(seat).patch(path, {"status": "approved"})
    assert (refused.json()["module"], refused.json()["action"]) == ("Finance", "canEdit")
    assert [action for action, _ in history_of(tenant, path.rpartition("/")[2])] == ["created"]


@pytest.mark.parametrize(
    ("before", "to", "allowed"),
    [
        ((), "paid", ["approved", "rejected"]),
        (("approved",), "pending", ["paid", "rejected"]),
        (("rejected",), "approved", ["pending"]),
        (("rejected",), "paid", ["pending"]),
        (("approved", "paid"), "approved", []),
        (("approved", "paid"), "rejected", []),
        (("approved", "paid"), "pending", []),
    ],
)
def test_a_step_that_is_none(at, boss, before, to, allowed):
    path = at(*before)
    version = boss.get(path).json()["version"]
    response = boss.patch(path, {"status": to, "notes": "not stored"})
    assert problem(response) == (409, "invalid_transition")
    assert (response.json()["from"], response.json()["to"], response.json()["allowed"]) == (
        before[-1] if before else "pending", to, allowed,
    )  # fmt: skip
    assert (boss.get(path).json()["version"], boss.get(path).json()["notes"]) == (version, "")


def test_the_steps_there_are(at, boss, clerk):
    path = at("rejected")
    assert clerk.patch(path, {"amount": "59.00"}).json()["gstAmount"] == "9.00"
    assert clerk.patch(path, {"status": "pending"}).json()["status"] == "pending"
    assert boss.patch(path, {"status": "approved"}).status_code == 200
    assert boss.patch(path, {"status": "approved"}).json()["version"] == 5  # once more changes nothing
    assert problem(clerk.patch(path, {"status": "rejected"})) == (403, "permission_denied")
    assert boss.patch(path, {"status": "rejected"}).status_code == 200
    assert clerk.delete(path).status_code in {204, 403}


@pytest.mark.parametrize("steps", [("approved",), ("approved", "paid")])
def test_what_is_approved_is_locked(at, boss, tenant, steps):
    path = at(*steps)
    before = boss.get(path).json()
    changes = [
        {"amount": "1.00"}, {"category": "Other"}, {"date": "2026-01-01"}, {"vendorName": "Other"},
        {"gstAmount": "1.00"}, {"gstRate": "5"}, {"notes": "x"}, {"reference": "x"}, {"paymentMethod": "upi"},
    ]  # fmt: skip
    for change in changes:
        assert problem(boss.patch(path, change)) == (409, "locked"), change
    picture = SimpleUploadedFile("a.png", PNG, "image/png")
    assert problem(boss.patch(path, {"receipt": picture}, format="multipart")) == (409, "locked")
    assert problem(boss.delete(path)) == (409, "locked")
    assert boss.patch(path, before).json() == before  # the same again is no change
    with tenant_context(tenant):
        assert StoredFile.objects.count() == 0


def test_how_it_was_paid_is_said_when_it_is(at, clerk):
    path = at("approved")
    paid = {"status": "paid", "paymentMethod": "bank_transfer", "reference": "UTR 1"}
    refused = clerk.patch(path, paid | {"amount": "1.00"})
    assert problem(refused) == (409, "locked")
    response = clerk.patch(path, paid)
    assert response.status_code == 200
    assert {name: response.json()[name] for name in paid} == paid
    assert problem(clerk.patch(path, {"reference": "UTR 2"})) == (409, "locked")


def upload(client, path, content=PNG, method="patch", **values):
    file = SimpleUploadedFile("bill.png", content, "image/png")
    return getattr(client, method)(path, {"receipt": file, **values}, format="multipart")


def content_of(client, address):
    response = client.get(address)
    return response.status_code, b"".join(response.streaming_content) if response.streaming else None


def test_a_receipt_comes_with_the_expense(clerk, member, tenant):
    response = upload(
        clerk, "/finance/expenses", method="post", category="Travel", amount="118.00", gstRate="18"
    )
    expense = response.json()
    assert response.status_code == 201
    assert (expense["amount"], expense["gstAmount"]) == ("118.00", "18.00")
    assert content_of(clerk, expense["receipt"]) == (200, PNG)
    assert clerk.get("/finance/expenses").json()["data"][0]["receipt"] == expense["receipt"]
    assert member(leads=["view"]).get(expense["receipt"]).status_code == 403
    assert member(finance=["view"], scope="own").get(expense["receipt"]).status_code == 404
    assert content_of(member(finance=["view"]), expense["receipt"]) == (200, PNG)


def test_a_receipt_is_replaced_and_removed(clerk, tenant, django_capture_on_commit_callbacks):
    path = f"/finance/expenses/{make_expense(clerk)['id']}"
    with django_capture_on_commit_callbacks(execute=True):
        first = upload(clerk, path).json()["receipt"]
        second = upload(clerk, path, PDF, notes="A bill").json()
    assert second["notes"] == "A bill"
    assert clerk.get(first).status_code == 404
    assert content_of(clerk, second["receipt"]) == (200, PDF)
    assert clerk.patch(path, second).json()["version"] == second["version"]
    with tenant_context(tenant):
        [stored] = StoredFile.objects.all()
    with django_capture_on_commit_callbacks(execute=True):
        assert clerk.patch(path, {"receipt": None}).json()["receipt"] is None
    assert clerk.get(second["receipt"]).status_code == 404
    assert not default_storage.exists(stored.path)
    changes = [changes for _, changes in history_of(tenant, path.rpartition("/")[2])]
    assert changes[-1] == {"receiptId": [str(stored.id), None]}


def test_a_receipt_goes_with_its_expense(clerk, member, tenant):
    path = f"/finance/expenses/{make_expense(clerk)['id']}"
    address = upload(clerk, path).json()["receipt"]
    assert member(finance=EVERYTHING).delete(path).status_code == 204
    assert clerk.get(address).status_code == 404
    with tenant_context(tenant):
        assert StoredFile.objects.count() == 0


def test_what_is_no_receipt_is_refused(clerk, tenant):
    path = f"/finance/expenses/{make_expense(clerk)['id']}"
    assert field_errors(upload(clerk, path, b"<html>")) == {("receipt", "invalid_file")}
    assert problem(upload(clerk, path, PNG + bytes(10_000_000))) == (413, "too_large")
    assert field_errors(clerk.patch(path, {"receipt": "text"})) == {("receipt", "invalid_file")}
    with tenant_context(tenant):
        assert StoredFile.objects.count() == 0
        assert Expense.objects.get().receipt_id is None
