"""GET /leads/duplicates and POST /leads/:id/merge."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection

from crm.models import Lead, LeadActivity
from crm.tests.leads import EVERYTHING, body, field_errors, history_of, make
from nextgenerp.core.entitlements import used
from nextgenerp.core.tenancy import leave_tenant, tenant_context
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat


@pytest.fixture
def client(member):
    return member(leads=EVERYTHING, quotations=EVERYTHING, customers=EVERYTHING)


def groups(client, query=""):
    response = client.get(f"/leads/duplicates?{query}")
    assert response.status_code == 200, response.content
    return response.json()


def ids(group):
    return [lead["id"] for lead in group["leads"]]


def test_groups_of_the_same_address_or_number(client):
    one = make(client, email="Asha@Example.com", phone="9876543210")
    two = make(client, email="asha@example.com", phone="")
    three = make(client, email="", phone="+91 98765 43210")
    make(client)
    answer = groups(client)
    assert [(group["matchedOn"], group["value"], group["count"], ids(group)) for group in answer["data"]] == [
        ("email", "asha@example.com", 2, [one["id"], two["id"]]),
        ("phone", "+919876543210", 2, [one["id"], three["id"]]),
    ]
    assert answer["pagination"] == {"page": 1, "limit": 25, "total": 2, "totalPages": 1, "nextCursor": None}
    first = groups(client, "limit=1")
    assert (first["pagination"]["total"], len(first["data"])) == (2, 1)
    rest = groups(client, f"limit=1&cursor={first['pagination']['nextCursor']}")
    assert [group["matchedOn"] for group in rest["data"]] == ["phone"]
    assert rest["pagination"] == {
        "page": None,
        "limit": 1,
        "total": None,
        "totalPages": None,
        "nextCursor": None,
    }
    assert client.get("/leads/duplicates?cursor=nonsense").status_code == 400
    assert groups(client, "page=9")["data"] == []


def test_what_a_scope_hides_is_only_counted(client, member):
    own = member(scope="own", leads=EVERYTHING)
    make(client, email="both@example.com")
    make(client, email="both@example.com")
    make(client, email="theirs@example.com")
    make(client, email="theirs@example.com")
    mine = make(own, email="both@example.com")
    [group] = groups(own)["data"]
    assert (group["value"], group["count"], group["outOfScope"], ids(group)) == (
        "both@example.com", 3, 2, [mine["id"]],
    )  # fmt: skip


def test_merging_fills_moves_and_deletes(client, tenant):
    tag = client.post("/leads/meta/tags", {"name": "hot"}).json()
    stays = make(client, email="stays@example.com", company="")
    goes = make(
        client, firstName="Other", email="goes@example.com", phone="9876543210", city="Pune",
        company="Demo Works", tagIds=[tag["id"]],
    )  # fmt: skip
    call = client.post(f"/leads/{goes['id']}/activities", {
        "type": "call", "subject": "Ring", "scheduledAt": "2030-01-01T10:00:00Z",
    }).json()  # fmt: skip
    quotation = client.post("/quotations", {
        "leadId": goes["id"], "lines": [{"name": "Demo", "quantity": "1", "unitPrice": "10"}],
    }).json()  # fmt: skip
    deal = client.post("/deals", {"title": "Demo", "leadId": goes["id"], "value": "5"}).json()
    with tenant_context(tenant):
        before = used("leads")
    response = client.post(f"/leads/{stays['id']}/merge", {"leadIds": [goes["id"]]})
    assert response.status_code == 200, response.content
    merged = response.json()
    assert (merged["firstName"], merged["email"], merged["phone"], merged["city"], merged["company"]) == (
        "Demo", "stays@example.com", "+919876543210", "Pune", "Demo Works",
    )  # fmt: skip
    assert [one["name"] for one in merged["tags"]] == ["hot"]
    assert merged["nextFollowUpAt"] == "2030-01-01T10:00:00Z"
    assert client.get(f"/leads/{goes['id']}").status_code == 404
    assert client.get(f"/quotations/{quotation['id']}").json()["leadId"] == stays["id"]
    assert client.get(f"/deals/{deal['id']}").json()["leadId"] == stays["id"]
    with tenant_context(tenant):
        assert LeadActivity.objects.get(pk=call["id"]).lead_id == UUID(stays["id"])
        assert used("leads") == before - 1 == Lead.objects.count()
    assert history_of(tenant, stays["id"])[-1] == ("merged", {"leads": [None, [goes["leadNumber"]]]})
    assert history_of(tenant, goes["id"])[-1] == ("merged", {"into": [None, stays["leadNumber"]]})


def test_merging_needs_both_grants_and_reaches_no_further_than_the_scope(client, member, tenant):
    stays, goes = make(client), make(client)
    path, wanted = f"/leads/{stays['id']}/merge", {"leadIds": [goes["id"]]}
    refused = member(leads=["view", "edit"]).post(path, wanted)
    assert (refused.status_code, refused.json()["action"]) == (403, "canDelete")
    own = member(scope="own", leads=EVERYTHING)
    mine = make(own)
    assert field_errors(own.post(f"/leads/{mine['id']}/merge", wanted)) == {("leadIds.0", "does_not_exist")}
    assert own.post(path, {"leadIds": [mine["id"]]}).status_code == 404
    assert field_errors(client.post(path, {"leadIds": [stays["id"]]})) == {("leadIds.0", "does_not_exist")}
    assert client.post(path, {"leadIds": []}).status_code == 400
    assert client.post(path, wanted, headers={"If-Match": '"9"'}).status_code == 412
    assert client.post(f"/leads/{goes['id']}/convert", {}).status_code == 200
    assert client.post(path, wanted).json()["code"] == "in_use"
    with tenant_context(tenant):
        assert Lead.objects.count() == 3


def test_two_merges_the_other_way_round_leave_one_lead(committed_tenant):
    seats = [make_seat(committed_tenant, permissions=grants(leads=EVERYTHING)) for _ in range(2)]
    one, two = (Client(seats[0]).post("/leads", body()).json() for _ in range(2))
    meet = Barrier(2)

    def merge(seat, stays, goes):
        meet.wait()
        try:
            return Client(seat).post(f"/leads/{stays['id']}/merge", {"leadIds": [goes["id"]]}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(merge, seats, (one, two), (two, one)))
    leave_tenant()
    assert statuses[0] == 200
    assert statuses[1] in {400, 404}
    with tenant_context(committed_tenant):
        assert Lead.objects.count() == used("leads") == 1
