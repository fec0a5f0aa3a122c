"""The life of a quotation: which moves a person may make, what a move does, and its revisions."""

import pytest

from nextgenerp.core.tenancy import tenant_context
from sales.models import Quotation, QuotationStatus
from sales.tests.documents import (
    all_rounder,
    changed,
    created,
    field_errors,
    history_of,
    line,
    make_customer,
    make_quotation,
    move,
    refused,
    sent,
    snapshot,
    status_of,
)

PATH = "/quotations"
BY_HAND = {
    "draft": ["sent", "cancelled"],
    "sent": ["accepted", "rejected", "cancelled"],
}
CATEGORIES = ["draft", "sent", "accepted", "rejected", "expired", "converted", "superseded", "cancelled"]


@pytest.fixture
def client(member):
    return all_rounder(member)


def put(tenant, quotation, category):
    """Put a quotation where only the system puts one."""
    with tenant_context(tenant):
        status = QuotationStatus.objects.get(category=category, is_system=True)
        Quotation.objects.filter(id=quotation["id"]).update(status=status)


def category(client, quotation):
    return client.get(f"{PATH}/{quotation['id']}").json()["status"]["category"]


def revise(client, quotation, **body):
    return client.post(f"{PATH}/{quotation['id']}/revise", body)


@pytest.mark.parametrize("start", CATEGORIES)
def test_every_move_by_hand(start, client, tenant):
    quotation = make_quotation(client)
    for to in CATEGORIES:
        put(tenant, quotation, start)
        before = snapshot(tenant)
        answer = move(client, PATH, quotation, to, reason="Demo")
        if to == start:
            assert changed(answer)["status"]["category"] == start
        elif to in BY_HAND.get(start, []):
            assert changed(answer)["status"]["category"] == to
            continue
        else:
            problem = refused(answer, 409, "invalid_transition")
            assert (problem["from"], problem["to"], problem["allowed"]) == (start, to, BY_HAND.get(start, []))
        assert snapshot(tenant) == before


def test_a_move_is_a_new_version_and_keeps_its_reason(client, tenant):
    quotation = sent(client, make_quotation(client))
    assert quotation["version"] == 2
    stale = client.patch(
        f"{PATH}/{quotation['id']}/status",
        {"statusId": status_of(client, PATH, "accepted")},
        headers={"If-Match": '"1"'},
    )
    refused(stale, 412, "version_mismatch")
    rejected = changed(move(client, PATH, quotation, "rejected", reason=" Too dear "))
    assert (rejected["statusReason"], rejected["version"]) == ("Too dear", 3)
    assert history_of(tenant, quotation["id"])[-1] == (
        "status_changed",
        {"status": ["Sent", "Rejected"], "category": ["sent", "rejected"], "statusReason": ["", "Too dear"]},
    )


def test_a_rejection_needs_a_reason(client):
    quotation = sent(client, make_quotation(client))
    assert field_errors(move(client, PATH, quotation, "rejected")) == {("reason", "required")}
    assert category(client, quotation) == "sent"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, ("statusId", "required")), ({"statusId": "x"}, ("statusId", "does_not_exist")),
        ({"statusId": None}, ("statusId", "null")), ({"status": "sent"}, ("status", "unknown_field")),
    ],
)  # fmt: skip
def test_a_status_that_is_none(body, error, client):
    quotation = make_quotation(client)
    assert error in field_errors(client.patch(f"{PATH}/{quotation['id']}/status", body))


def test_a_status_of_another_family_is_none(client):
    quotation = make_quotation(client)
    other = status_of(client, "/sales-orders", "cancelled")
    answer = client.patch(f"{PATH}/{quotation['id']}/status", {"statusId": other})
    assert field_errors(answer) == {("statusId", "does_not_exist")}


def test_within_a_category_any_move_is_allowed(client):
    own = created(
        client.post("/sales-settings/quotation-statuses", {"name": "Followed up", "category": "sent"})
    )
    quotation = sent(client, make_quotation(client))
    moved = changed(client.patch(f"{PATH}/{quotation['id']}/status", {"statusId": own["id"]}))
    assert moved["status"]["name"] == "Followed up"
    assert changed(move(client, PATH, quotation, "sent"))["status"]["name"] == "Sent"
    again = changed(move(client, PATH, quotation, "sent"))
    assert again["version"] == 4


def test_a_patch_with_a_status_follows_the_same_rules(client):
    quotation = make_quotation(client)
    to = status_of(client, PATH, "sent")
    after = changed(client.patch(f"{PATH}/{quotation['id']}", {"notes": "Demo", "statusId": to}))
    assert (after["notes"], after["status"]["category"]) == ("Demo", "sent")
    back = client.patch(f"{PATH}/{quotation['id']}", {"statusId": quotation["statusId"]})
    refused(back, 409, "invalid_transition")


def test_extending_an_expired_quotation_reopens_it(client, tenant):
    quotation = sent(client, make_quotation(client, validUntil="2026-01-01"))
    put(tenant, quotation, "expired")
    at = f"{PATH}/{quotation['id']}"
    refused(client.patch(at, {"validUntil": "2099-01-01", "notes": "x"}), 409, "locked")
    still = changed(client.patch(at, {"validUntil": "2026-01-02"}))
    assert (still["validUntil"], still["status"]["category"]) == ("2026-01-02", "expired")
    reopened = changed(client.patch(at, {"validUntil": "2099-01-01"}))
    assert (reopened["validUntil"], reopened["status"]["category"]) == ("2099-01-01", "sent")
    refused(client.patch(at, {"validUntil": "2099-01-02"}), 409, "locked")
    assert [action for action, _ in history_of(tenant, quotation["id"])] == [
        "created", "status_changed", "updated", "updated", "status_changed",
    ]  # fmt: skip


# --- revisions


def test_a_revision_is_a_new_draft_after_the_original(client, tenant):
    customer = make_customer(client)
    quotation = sent(client, make_quotation(
        client, customerId=customer["id"], validUntil="2099-12-31", notes="Demo", discountType="amount",
        discountValue="50", charges=[{"label": "Freight", "amount": "100", "taxable": True}], ownerId=None,
    ))  # fmt: skip
    response = revise(client, quotation, reason="A better price")
    revision = created(response)
    assert response["Location"] == f"{PATH}/{revision['id']}"
    assert (revision["number"], revision["revision"]) == (f"{quotation['number']}-R1", 1)
    assert (revision["status"]["category"], revision["revisionReason"]) == ("draft", "A better price")
    assert (revision["sourceId"], revision["version"]) == (quotation["id"], 1)
    own = {"id", "number", "revision", "revisionReason", "status", "statusId", "sourceId", "version", "lines"}
    own |= {"createdAt", "updatedAt"}
    assert {name: value for name, value in revision.items() if name not in own} == {
        name: value for name, value in quotation.items() if name not in own
    }
    assert [one["sourceLineId"] for one in revision["lines"]] == [one["id"] for one in quotation["lines"]]
    assert category(client, quotation) == "sent"
    assert history_of(tenant, quotation["id"])[-1] == (
        "revised", {"revision": [None, revision["number"]], "reason": [None, "A better price"]},
    )  # fmt: skip
    assert make_quotation(client)["number"] == "QT/26-27/0002"


@pytest.mark.parametrize("start", CATEGORIES)
def test_what_may_be_revised(start, client, tenant):
    quotation = make_quotation(client)
    put(tenant, quotation, start)
    before = snapshot(tenant)
    answer = revise(client, quotation)
    if start in {"sent", "accepted", "rejected", "expired"}:
        assert created(answer)["revision"] == 1
    else:
        refused(answer, 409, "invalid_transition")
        assert snapshot(tenant) == before


def test_one_revision_is_open_at_a_time(client, tenant):
    quotation = sent(client, make_quotation(client))
    first = created(revise(client, quotation))
    before = snapshot(tenant)
    refused(revise(client, quotation), 409, "open_revision")
    assert snapshot(tenant) == before
    assert client.delete(f"{PATH}/{first['id']}").status_code == 204
    again = created(revise(client, quotation))
    assert again["number"] == first["number"]


def test_sending_a_revision_supersedes_those_before_it(client):
    quotation = sent(client, make_quotation(client))
    first = sent(client, created(revise(client, quotation)))
    assert category(client, quotation) == "superseded"
    second = created(revise(client, first))
    assert (second["number"], second["sourceId"]) == (f"{quotation['number']}-R2", first["id"])
    assert category(client, first) == "sent"
    sent(client, second)
    assert [category(client, one) for one in (quotation, first, second)] == [
        "superseded",
        "superseded",
        "sent",
    ]
    refused(revise(client, first), 409, "invalid_transition")


def test_the_lineage_with_its_differences(client):
    quotation = sent(client, make_quotation(client, date="2026-11-01", validUntil="2026-12-01"))
    revision = created(revise(client, quotation, reason="Demo"))
    widget = revision["lines"][0]
    changed(client.patch(f"{PATH}/{revision['id']}", {
        "date": "2026-11-01", "validUntil": "2026-12-31",
        "lines": [line(name="Demo cable", quantity="1", unitPrice="10"), {"id": widget["id"], "unitPrice": "90"}],
    }))  # fmt: skip
    answer = client.get(f"{PATH}/{revision['id']}/revisions").json()
    assert answer["pagination"] is None
    original, second = answer["data"]
    assert (original["id"], original["differences"]) == (quotation["id"], [])
    assert (second["number"], second["revisionReason"]) == (revision["number"], "Demo")
    assert second["differences"] == [
        {"field": "validUntil", "line": None, "from": "2026-12-01", "to": "2026-12-31"},
        {"field": "payable", "line": None, "from": "2000.00", "to": "910.00"},
        {"field": "line", "line": 1, "from": None, "to": "Demo cable: 1.000 at 10.0000"},
        {"field": "unitPrice", "line": 2, "from": "100.0000", "to": "90.0000"},
        {"field": "line", "line": 2, "from": "Demo gadget: 4.000 at 250.0000", "to": None},
    ]
    assert client.get(f"{PATH}/{quotation['id']}/revisions").json() == answer


def test_revising_needs_the_grant_to_create(member, client):
    quotation = sent(client, make_quotation(client))
    refused(revise(member(quotations=["view", "edit"]), quotation), 403, "permission_denied")
    assert created(revise(member(quotations=["view", "create"]), quotation))["revision"] == 1
