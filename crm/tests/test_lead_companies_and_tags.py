"""Companies and assignees of leads, tags put on and taken off."""

import threading

import pytest
from django.db import connection

from crm.models import LeadCompany, LeadTag
from crm.tests.leads import EVERYTHING, field_errors, history_of, make
from nextgenerp.core.tenancy import leave_tenant, tenant_context
from nextgenerp.database.ids import new_id
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat


@pytest.fixture
def full(member):
    return member(leads=EVERYTHING)


def companies(client, query=""):
    response = client.get(f"/leads/meta/companies?{query}")
    assert response.status_code == 200, response.content
    return response.json()


def counted(client, query=""):
    return [(one["name"], one["leadCount"]) for one in companies(client, query)["data"]]


def test_companies_with_the_number_of_their_leads(full):
    for name in ("Zeta Works", "alpha traders", "Alpha  Traders", "Middle Mills"):
        make(full, company=name)
    assert counted(full) == [("alpha traders", 2), ("Middle Mills", 1), ("Zeta Works", 1)]
    assert companies(full)["pagination"] == {
        "page": 1, "limit": 25, "total": 3, "totalPages": 1, "nextCursor": None,
    }  # fmt: skip
    assert counted(full, "search=ALPHA tr") == [("alpha traders", 2)]
    assert counted(full, "search=%25") == []
    assert counted(full, "sortOrder=desc&limit=1") == [("Zeta Works", 1)]
    assert counted(full, "sortBy=createdAt&limit=2&page=2") == [("Middle Mills", 1)]


def test_a_company_is_made_once_however_it_is_spelt(full, tenant):
    made = full.post("/leads/meta/companies", {"name": " Demo  Traders "})
    assert (made.status_code, made["Location"]) == (201, "/leads/meta/companies")
    company = made.json()
    assert company == {"id": company["id"], "name": "Demo  Traders", "leadCount": 0}
    again = full.post("/leads/meta/companies", {"name": "DEMO traders"})
    assert (again.status_code, again.json()["code"]) == (409, "duplicate")
    assert again.json()["existing"] == {"id": company["id"], "name": "Demo  Traders"}
    assert make(full, company="demo TRADERS")["company"] == "Demo  Traders"
    assert history_of(tenant, company["id"]) == [("created", {})]
    with tenant_context(tenant):
        assert LeadCompany.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ("name", "required")),
        ({"name": " "}, ("name", "blank")),
        ({"name": "x" * 201}, ("name", "max_length")),
        ({"name": 5}, ("name", "invalid")),
        ({"name": "a", "leads": 3}, ("leads", "unknown_field")),
    ],
)
def test_wrong_companies(full, tenant, body, expected):
    assert field_errors(full.post("/leads/meta/companies", body)) == {expected}
    with tenant_context(tenant):
        assert not LeadCompany.objects.exists()


def test_leads_out_of_scope_are_not_counted(member, full):
    own = member(leads=EVERYTHING, scope="own")
    make(full, company="Demo Traders")
    make(own, company="Demo Traders")
    assert counted(own) == [("Demo Traders", 1)]
    assert counted(full) == [("Demo Traders", 2)]


def test_companies_cost_the_same_for_few_and_many(full, queries):
    counts = []
    for _ in range(2):
        for _ in range(6):
            make(full, company=str(new_id()))
        with queries() as seen:
            companies(full)
        counts.append(len(seen))
    assert counts == [3, 3]  # who, companies, their leads


def test_assignees_are_active_members_who_may_view_leads(member, tenant, other_tenant):
    caller = member(leads=["view"])
    staff = make_seat(tenant, first_name="Asha", last_name="First")
    make_seat(tenant, first_name="Gone", is_active=False)
    make_seat(tenant, first_name="Blind", permissions=grants(customers=["view"]))
    make_seat(other_tenant, first_name="Elsewhere")
    out = make_seat(tenant, first_name="Locked")
    out.user.is_active = False
    out.user.save()
    answer = caller.get("/leads/meta/assignees").json()
    assert answer["pagination"] is None
    assert answer["data"][0] == {
        "id": str(staff.id), "name": "Asha First", "email": staff.user.email, "role": "staff",
    }  # fmt: skip
    assert {one["id"] for one in answer["data"]} == {str(staff.id), str(caller.seat.id)}


def test_assignees_are_those_the_scope_reaches(member, tenant):
    leader = member(leads=["view"], scope="team")
    report = make_seat(tenant, manager=leader.seat)
    below = make_seat(tenant, manager=report)
    peer = member(leads=["view"], scope="own")
    answer = leader.get("/leads/meta/assignees").json()["data"]
    assert {one["id"] for one in answer} == {str(one.id) for one in (leader.seat, report, below)}
    assert [one["id"] for one in peer.get("/leads/meta/assignees").json()["data"]] == [str(peer.seat.id)]


def test_a_tag_is_put_on_by_id_or_by_name(full, tenant):
    tag = full.post("/leads/meta/tags", {"name": "Hot"}).json()
    lead = make(full)
    path = f"/leads/{lead['id']}/tags"
    first = full.post(path, {"tagId": tag["id"]})
    assert (first.status_code, first["ETag"], first.json()["tags"]) == (200, '"2"', [tag])
    second = full.post(path, {"name": " new one "}).json()
    assert [one["name"] for one in second["tags"]] == ["Hot", "new one"]
    assert history_of(tenant, lead["id"])[1:] == [
        ("updated", {"tags": [[], ["Hot"]]}), ("updated", {"tags": [["Hot"], ["Hot", "new one"]]}),
    ]  # fmt: skip
    assert second == full.get(f"/leads/{lead['id']}").json()


@pytest.mark.parametrize("again", [{"name": "HOT"}, {"name": "hot"}, "id"])
def test_one_that_is_there_stays(full, tenant, again):
    tag = full.post("/leads/meta/tags", {"name": "Hot"}).json()
    lead = make(full, tagIds=[tag["id"]])
    answer = full.post(f"/leads/{lead['id']}/tags", {"tagId": tag["id"]} if again == "id" else again)
    assert (answer.status_code, answer["ETag"], answer.json()["tags"]) == (200, '"1"', [tag])
    assert len(history_of(tenant, lead["id"])) == 1
    with tenant_context(tenant):
        assert LeadTag.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ("tagId", "required")),
        ({"tagId": None}, ("tagId", "null")),
        ({"name": ""}, ("name", "blank")),
        ({"name": "x" * 51}, ("name", "max_length")),
        ({"tagId": str(new_id())}, ("tagId", "does_not_exist")),
        ({"tag": "x"}, ("tag", "unknown_field")),
    ],
)
def test_wrong_tags_of_a_lead(full, tenant, body, expected):
    lead = make(full)
    assert field_errors(full.post(f"/leads/{lead['id']}/tags", body)) == {expected}
    with tenant_context(tenant):
        assert not LeadTag.objects.exists()


def test_a_tag_by_id_and_by_name_is_one_too_many(full):
    tag = full.post("/leads/meta/tags", {"name": "Hot"}).json()
    lead = make(full)
    both = full.post(f"/leads/{lead['id']}/tags", {"tagId": tag["id"], "name": "Cold"})
    assert field_errors(both) == {("tagId", "required")}


def test_a_lead_has_only_so_many_tags(full, tenant):
    with tenant_context(tenant):
        made = [
            LeadTag.objects.create(name=f"tag {number}", name_key=f"tag {number}") for number in range(50)
        ]
    lead = make(full, tagIds=[str(tag.id) for tag in made])
    assert field_errors(full.post(f"/leads/{lead['id']}/tags", {"name": "one more"})) == {
        ("tagId", "max_length")
    }
    with tenant_context(tenant):
        assert LeadTag.objects.count() == 50


def test_a_tag_is_taken_off(full, tenant):
    hot, cold = (full.post("/leads/meta/tags", {"name": name}).json() for name in ("Hot", "Cold"))
    lead = make(full, tagIds=[hot["id"], cold["id"]])
    path = f"/leads/{lead['id']}/tags"
    assert full.delete(f"{path}/{hot['id']}").status_code == 204
    assert full.get(f"/leads/{lead['id']}").json()["tags"] == [cold]
    assert history_of(tenant, lead["id"])[-1] == ("updated", {"tags": [["Cold", "Hot"], ["Cold"]]})
    for identifier in (hot["id"], str(new_id()), "x"):
        assert full.delete(f"{path}/{identifier}").status_code == 404
    assert [one["name"] for one in full.get("/leads/meta/tags").json()["data"]] == ["Cold", "Hot"]


def test_if_match_holds_both(full):
    lead = make(full)
    path = f"/leads/{lead['id']}/tags"
    assert full.post(path, {"name": "Hot"}, headers={"If-Match": '"7"'}).status_code == 412
    tagged = full.post(path, {"name": "Hot"}, headers={"If-Match": '"1"'}).json()
    one = f"{path}/{tagged['tags'][0]['id']}"
    assert full.delete(one, headers={"If-Match": '"1"'}).status_code == 412
    assert full.delete(one, headers={"If-Match": '"2"'}).status_code == 204


def test_grants_and_scope_hold_for_tags(member, full, tenant):
    lead = make(full, tagIds=[full.post("/leads/meta/tags", {"name": "Hot"}).json()["id"]])
    path, [tag] = f"/leads/{lead['id']}/tags", lead["tags"]
    viewer, own = member(leads=["view", "create"]), member(leads=EVERYTHING, scope="own")
    assert viewer.post(path, {"name": "x"}).status_code == 403
    assert viewer.delete(f"{path}/{tag['id']}").status_code == 403
    assert own.post(path, {"name": "x"}).status_code == 404
    assert own.delete(f"{path}/{tag['id']}").status_code == 404
    assert len(history_of(tenant, lead["id"])) == 1


def test_a_new_tag_put_on_many_leads_at_once_is_one(committed_tenant, django_db_blocker):
    with django_db_blocker.unblock():
        seat = make_seat(committed_tenant, permissions=grants(leads=EVERYTHING))
        leads = [make(Client(seat))["id"] for _ in range(6)]
        barrier, answers = threading.Barrier(len(leads)), []

        def put(lead, name):
            try:
                client = Client(seat)
                barrier.wait(60)
                answers.append(client.post(f"/leads/{lead}/tags", {"name": name}).status_code)
            finally:
                leave_tenant()
                connection.close()

        names = ["Hot deal", "HOT DEAL", "hot  deal"] * 2
        threads = [threading.Thread(target=put, args=pair) for pair in zip(leads, names, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [200] * 6
        with tenant_context(committed_tenant):
            [tag] = LeadTag.objects.all()
            assert tag.taggings.count() == 6
