"""PATCH and DELETE /leads/:id."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from crm.models import Customer, Lead, LeadTagging
from crm.tests.leads import field_errors, history_of, make, source_id, status_id
from nextgenerp.core import entitlements
from nextgenerp.core.tenancy import leave_tenant, tenant_context
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat

READ = ["view", "create"]


@pytest.fixture
def caller(member):
    return member(leads=["create", "edit", "delete", "view"])


def stored(tenant, lead):
    with tenant_context(tenant):
        return Lead.objects.filter(id=lead["id"]).values().get()


def test_change_of_columns(caller, tenant):
    lead = make(caller, company="Demo Traders", city="Pune")
    colleague = make_seat(tenant, first_name="Demo", last_name="Colleague")
    sent = {
        "firstName": "Meena", "company": "Other Demo", "phone": "98765 43210", "sourceId": source_id(tenant),
        "estimatedValue": "10", "rating": "cold", "assignedToId": str(colleague.id), "city": "Pune",
    }  # fmt: skip
    response = caller.patch(f"/leads/{lead['id']}", sent)
    assert (response.status_code, response["ETag"]) == (200, '"2"')
    changed = response.json()
    expected = sent | {"phone": "+919876543210", "estimatedValue": "10.00", "version": 2}
    assert {name: changed[name] for name in expected} == expected
    assert changed["assignedTo"] == {"id": str(colleague.id), "name": "Demo Colleague"}
    assert changed["position"] == lead["position"]
    assert caller.get(f"/leads/{lead['id']}").json() == changed
    assert history_of(tenant, lead["id"])[1:] == [
        (
            "updated",
            {
                "firstName": ["Demo", "Meena"],
                "company": ["Demo Traders", "Other Demo"],
                "phone": ["", "+919876543210"],
                "sourceId": [None, source_id(tenant)],
                "estimatedValue": [None, "10.00"],
                "rating": [None, "cold"],
                "assignedToId": [str(caller.seat.id), str(colleague.id)],
            },
        )
    ]


def test_nothing_changes_when_nothing_differs(caller, tenant):
    lead = make(caller, company="Demo Traders")
    read = caller.get(f"/leads/{lead['id']}").json()
    response = caller.patch(f"/leads/{lead['id']}", read | {"company": "DEMO traders"})
    assert response.status_code == 200
    assert response.json()["version"] == 1
    assert history_of(tenant, lead["id"]) == [("created", {})]


def test_change_of_tags(caller, tenant):
    ids = [caller.post("/leads/meta/tags", {"name": name}).json()["id"] for name in "abc"]
    lead = make(caller, tagIds=ids[:2])
    changed = caller.patch(f"/leads/{lead['id']}", {"tagIds": [ids[2], ids[1], ids[2]]}).json()
    assert [tag["name"] for tag in changed["tags"]] == ["b", "c"]
    assert changed["version"] == 2
    assert caller.patch(f"/leads/{lead['id']}", {"tagIds": [ids[1], ids[2]]}).json()["version"] == 2
    assert caller.patch(f"/leads/{lead['id']}", {"tagIds": []}).json()["tags"] == []
    assert history_of(tenant, lead["id"])[1:] == [
        ("updated", {"tags": [["a", "b"], ["b", "c"]]}),
        ("updated", {"tags": [["b", "c"], []]}),
    ]


def test_change_of_status(caller, tenant):
    """To lost needs a reason; away from it forgets the reason; either puts the card on top of its column."""
    lost, new = status_id(tenant, "Lost"), status_id(tenant, "New")
    lead = make(caller)
    path = f"/leads/{lead['id']}"
    assert field_errors(caller.patch(path, {"statusId": lost})) == {("lostReason", "required")}
    assert field_errors(caller.patch(path, {"statusId": lost, "lostReason": " "})) == {
        ("lostReason", "required")
    }
    assert stored(tenant, lead)["version"] == 1
    changed = caller.patch(path, {"statusId": lost, "lostReason": "Too dear"}).json()
    assert (changed["status"]["name"], changed["lostReason"]) == ("Lost", "Too dear")
    assert changed["position"] < lead["position"]
    assert field_errors(caller.patch(path, {"lostReason": ""})) == {("lostReason", "required")}
    again = caller.patch(path, {"statusId": new}).json()
    assert (again["status"]["name"], again["lostReason"]) == ("New", "")
    assert again["position"] < changed["position"]
    assert history_of(tenant, lead["id"])[1:] == [
        ("updated", {"statusId": [new, lost], "lostReason": ["", "Too dear"]}),
        ("updated", {"statusId": [lost, new], "lostReason": ["Too dear", ""]}),
    ]


REFUSED = [
    ({"firstName": "", "lastName": ""}, ("firstName", "required")),
    ({"email": ""}, ("email", "required")),
    ({"email": None}, ("email", "required")),
    ({"statusId": None}, ("statusId", "null")),
    ({"assignedToId": "x"}, ("assignedToId", "does_not_exist")),
    ({"tagIds": None}, ("tagIds", "null")),
    ({"onDuplicate": "reject"}, ("onDuplicate", "unknown_field")),
]


@pytest.mark.parametrize(("values", "error"), REFUSED, ids=[f"{error[0]}-{error[1]}" for _, error in REFUSED])
def test_refusals_write_nothing(caller, tenant, values, error):
    lead = make(caller)
    before = stored(tenant, lead)
    assert field_errors(caller.patch(f"/leads/{lead['id']}", values | {"city": "Pune"})) == {error}
    assert stored(tenant, lead) == before
    assert len(history_of(tenant, lead["id"])) == 1


def test_a_company_alone_is_a_name(caller):
    lead = make(caller, company="Demo Traders")
    path = f"/leads/{lead['id']}"
    assert caller.patch(path, {"firstName": "", "lastName": ""}).status_code == 200
    assert field_errors(caller.patch(path, {"company": None})) == {("firstName", "required")}


def test_if_match(caller, tenant):
    lead = make(caller)
    path = f"/leads/{lead['id']}"
    assert caller.patch(path, {"city": "Pune"}, headers={"If-Match": '"1"'}).json()["version"] == 2
    for call in (
        lambda **kw: caller.patch(path, {"city": "Delhi"}, **kw),
        lambda **kw: caller.delete(path, **kw),
    ):
        response = call(headers={"If-Match": '"1"'})
        assert (response.status_code, response.json()["code"]) == (412, "version_mismatch")
    assert stored(tenant, lead)["city"] == "Pune"


def test_delete(caller, tenant):
    tag = caller.post("/leads/meta/tags", {"name": "Tagged"}).json()["id"]
    lead = make(caller, tagIds=[tag])
    make(caller)
    assert caller.delete(f"/leads/{lead['id']}").status_code == 204
    assert caller.get(f"/leads/{lead['id']}").status_code == 404
    assert [action for action, _ in history_of(tenant, lead["id"])] == ["created", "deleted"]
    with tenant_context(tenant):
        assert (Lead.objects.count(), entitlements.used("leads"), LeadTagging.objects.count()) == (1, 1, 0)
    assert caller.get("/leads").json()["pagination"]["total"] == 1


def test_a_converted_lead_stays(caller, tenant):
    lead = make(caller)
    with tenant_context(tenant):
        customer = str(Customer.objects.create(number=1, code="CU-00001", name="Demo Works").id)
        Lead.objects.filter(id=lead["id"]).update(converted_at=timezone.now(), customer_id=customer)
    response = caller.delete(f"/leads/{lead['id']}")
    assert (response.status_code, response.json()["code"]) == (409, "in_use")
    assert response.json()["customerId"] == customer
    assert [action for action, _ in history_of(tenant, lead["id"])] == ["created"]
    with tenant_context(tenant):
        assert entitlements.used("leads") == 1


def test_grants(member):
    lead = make(member(leads=["create"]))
    path = f"/leads/{lead['id']}"
    caller = member(leads=READ)
    for response, action in (
        (caller.patch(path, {"city": "x"}), "canEdit"),
        (caller.delete(path), "canDelete"),
    ):
        assert (response.status_code, response.json()["action"]) == (403, action)
    assert caller.put(path, {}).status_code == 405


def test_queries(caller, tenant, queries):
    """Change: authentication, lead, UPDATE, history, tags. Deletion: authentication, lead, history, what hinders it
    (activities, customers, deals, quotations), DELETE thrice, the counter."""
    lead = make(caller, company="Demo Traders")
    with queries() as changing:
        caller.patch(f"/leads/{lead['id']}", {"city": "Pune"})
    with queries() as deleting:
        caller.delete(f"/leads/{lead['id']}")
    assert (len(changing), len(deleting)) == (5, 11)


def test_simultaneous_changes_lose_nothing(committed_tenant):
    seat = make_seat(committed_tenant, "admin")
    lead = make(Client(seat))
    barrier, fields = threading.Barrier(4), ["city", "state", "address", "pincode"]

    def patch(field):
        try:
            barrier.wait()
            assert Client(seat).patch(f"/leads/{lead['id']}", {field: "x"}).status_code == 200
        finally:
            connection.close()

    threads = [threading.Thread(target=patch, args=[field]) for field in fields]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row = stored(committed_tenant, lead)
    assert ([row[field] for field in fields], row["version"]) == (["x"] * 4, 5)


def test_a_change_that_waited_for_another_finds_what_the_lead_refers_to_now(committed_tenant):
    """PostgreSQL looks at the locked row anew, not at what it was joined to: status and company change meanwhile."""
    seat = make_seat(committed_tenant, "admin")
    lead = make(Client(seat), company="First Traders")
    won, new = status_id(committed_tenant, "Won"), status_id(committed_tenant, "New")
    barrier, answers = threading.Barrier(3), []

    def patch(bodies):
        try:
            client = Client(seat)
            for body in bodies:
                barrier.wait(60)
                answers.append(client.patch(f"/leads/{lead['id']}", body))
        finally:
            leave_tenant()
            connection.close()

    rounds = range(12)
    writers = [
        [{"statusId": (won, new)[number % 2]} for number in rounds],
        [{"company": f"Traders {number}"} for number in rounds],
        [{"firstName": f"Name {number}"} for number in rounds],
    ]
    threads = [threading.Thread(target=patch, args=[bodies]) for bodies in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 36
    assert all(answer.json()["company"] for answer in answers)
    with tenant_context(committed_tenant):
        kept = Lead.objects.select_related("company").get(pk=lead["id"])
        found = kept.search_text
        kept.derive()
    assert found == kept.search_text
    assert "traders 11" in found
    assert "name 11" in found
