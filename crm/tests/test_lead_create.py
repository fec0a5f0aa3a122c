"""POST /leads."""

import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Membership
from crm.models import Lead, LeadCompany, LeadSource, LeadStatus, LeadTagging
from crm.tests.leads import body, field_errors, history_of, make, source_id, status_id
from nextgenerp.core import entitlements
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat


def rows(tenant):
    """How many rows a creation may write."""
    with tenant_context(tenant):
        tables = (Lead, LeadCompany, LeadTagging, HistoryEntry)
        return [table.objects.count() for table in tables] + [entitlements.used("leads")]


def test_create_with_every_field(member, tenant):
    caller = member(leads=["create"])
    tag = caller.post("/leads/meta/tags", {"name": "Festival", "color": "#112233"}).json()
    colleague = make_seat(tenant, first_name="Demo", last_name="Colleague")
    sent = {
        "firstName": " Asha ", "lastName": "Demo", "company": "Demo  Traders", "designation": "Owner",
        "email": "Asha@Example.com", "phone": "098765 43210", "alternatePhone": "+91-98765-43211",
        "website": "https://example.com/a?b=c", "sourceId": source_id(tenant), "priority": "urgent", "rating": "hot",
        "estimatedValue": 1234.5, "expectedCloseDate": "2026-12-31", "requirement": "Twelve\nlooms",
        "address": "1 Demo Road", "city": "Pune", "state": "Maharashtra", "pincode": "411001", "country": "India",
        "tagIds": [tag["id"]], "assignedToId": str(colleague.id), "nextFollowUpAt": "2026-12-01T10:00:00+05:30",
    }  # fmt: skip
    response = caller.post("/leads", sent)
    lead = response.json()
    assert response.status_code == 201
    assert response["Location"] == f"/leads/{lead['id']}"
    assert response["ETag"] == '"1"'
    same = {name: value for name, value in sent.items() if name != "tagIds"}
    assert {name: lead[name] for name in same} == same | {
        "firstName": "Asha", "phone": "+919876543210", "alternatePhone": "+919876543211",
        "estimatedValue": "1234.50", "nextFollowUpAt": "2026-12-01T04:30:00Z",
    }  # fmt: skip
    assert lead["status"] == {
        "id": status_id(tenant, "New"), "name": "New", "type": "open", "color": "#3B82F6", "order": 1,
    }  # fmt: skip
    assert lead["statusId"] == lead["status"]["id"]
    assert lead["tags"] == [{"id": tag["id"], "name": "Festival", "color": "#112233"}]
    assert lead["assignedTo"] == {"id": str(colleague.id), "name": "Demo Colleague"}
    assert lead["createdById"] == str(caller.seat.id)
    assert lead["leadNumber"] == "LD-00001"
    assert (lead["version"], lead["convertedAt"], lead["customerId"], lead["lostReason"]) == (
        1,
        None,
        None,
        "",
    )
    assert (lead["duplicates"], lead["duplicatesOutOfScope"]) == ([], 0)
    assert history_of(tenant, lead["id"]) == [("created", {})]


def test_defaults(member):
    caller = member(leads=["create"])
    lead = caller.post("/leads", {"company": "Demo Traders", "phone": "9876543210"}).json()
    assert (lead["status"]["name"], lead["priority"], lead["rating"]) == ("New", "medium", None)
    assert lead["assignedToId"] == str(caller.seat.id)
    assert (lead["sourceId"], lead["estimatedValue"], lead["firstName"], lead["tags"]) == (None, None, "", [])


def test_nobody_assigned_when_said_so(member):
    assert make(member(leads=["create"]), assignedToId=None)["assignedToId"] is None


def test_numbers_follow_each_other_and_are_not_used_again(member):
    caller = member(leads=["create", "delete"])
    first, second = make(caller), make(caller)
    caller.delete(f"/leads/{second['id']}")
    assert [first["leadNumber"], second["leadNumber"], make(caller)["leadNumber"]] == [
        "LD-00001", "LD-00002", "LD-00003",
    ]  # fmt: skip


def test_new_cards_are_on_top(member):
    caller = member(leads=["create"])
    positions = [make(caller)["position"] for _ in range(5)]
    assert positions == sorted(positions, reverse=True)
    assert len(set(positions)) == 5


def test_companies_are_one_however_they_are_spelt(member, tenant):
    caller = member(leads=["create"])
    names = [
        make(caller, company=name)["company"]
        for name in ("Demo Traders", "DEMO  traders", "ｄｅｍｏ Traders")
    ]
    assert names == ["Demo Traders"] * 3
    with tenant_context(tenant):
        assert list(LeadCompany.objects.values_list("name", "name_key")) == [("Demo Traders", "demo traders")]


REFUSED = [
    ({"firstName": "", "lastName": " ", "company": None}, ("firstName", "required")),
    ({"email": "", "phone": ""}, ("email", "required")),
    ({"email": "nobody"}, ("email", "invalid_email")),
    ({"phone": "12"}, ("phone", "invalid_phone")),
    ({"phone": "9.19876E+11"}, ("phone", "phone_exponent")),
    ({"alternatePhone": "letters"}, ("alternatePhone", "invalid_phone")),
    ({"website": "javascript:alert(1)"}, ("website", "invalid")),
    ({"estimatedValue": "-1"}, ("estimatedValue", "min_value")),
    ({"estimatedValue": "1.005"}, ("estimatedValue", "max_decimal_places")),
    ({"estimatedValue": "NaN"}, ("estimatedValue", "invalid")),
    ({"estimatedValue": "1e15"}, ("estimatedValue", "max_digits")),
    ({"priority": "huge"}, ("priority", "invalid_choice")),
    ({"rating": ""}, ("rating", "invalid_choice")),
    ({"firstName": 5}, ("firstName", "invalid")),
    ({"firstName": "x" * 101}, ("firstName", "max_length")),
    ({"expectedCloseDate": "31/12/2026"}, ("expectedCloseDate", "invalid")),
    ({"sourceId": "nothing"}, ("sourceId", "does_not_exist")),
    ({"statusId": None}, ("statusId", "null")),
    ({"assignedToId": "01890000-0000-7000-8000-000000000000"}, ("assignedToId", "does_not_exist")),
    ({"tagIds": ["x"]}, ("tagIds.0", "does_not_exist")),
    ({"tagIds": "x"}, ("tagIds", "not_a_list")),
    ({"tagIds": ["x"] * 51}, ("tagIds", "max_length")),
    ({"onDuplicate": "update"}, ("onDuplicate", "invalid_choice")),
    ({"colour": "red"}, ("colour", "unknown_field")),
]


@pytest.mark.parametrize(("values", "error"), REFUSED, ids=[f"{error[0]}-{error[1]}" for _, error in REFUSED])
def test_refusals_write_nothing(member, tenant, values, error):
    before = rows(tenant)
    response = member(leads=["create"]).post("/leads", body(company="Demo Traders") | values)
    assert field_errors(response) == {error}
    assert rows(tenant) == before


def test_read_only_fields_are_ignored(member):
    lead = make(
        member(leads=["create"]), leadNumber="X", version=9, convertedAt="2020-01-01T00:00:00Z", position="a",
        customerId="01890000-0000-7000-8000-000000000000", tags=[{"name": "x"}], status={"name": "Won"},
    )  # fmt: skip
    assert (lead["leadNumber"], lead["version"], lead["convertedAt"]) == ("LD-00001", 1, None)
    assert (lead["customerId"], lead["tags"], lead["status"]["name"]) == (None, [], "New")


def test_a_lost_lead_needs_a_reason(member, tenant):
    caller, lost = member(leads=["create"]), status_id(tenant, "Lost")
    assert field_errors(caller.post("/leads", body(statusId=lost))) == {("lostReason", "required")}
    assert make(caller, statusId=lost, lostReason="Too dear")["lostReason"] == "Too dear"
    assert make(caller, lostReason="Not lost at all")["lostReason"] == ""


def test_without_any_open_status_there_are_no_new_leads(member, tenant):
    with tenant_context(tenant):
        LeadStatus.objects.update(is_default=False)
    assert make(member(leads=["create"]))["status"]["name"] == "New"  # the first open one
    with tenant_context(tenant):
        LeadStatus.objects.update(type="won")
    assert member(leads=["create"]).post("/leads", body()).status_code == 409


def test_another_tenants_records_do_not_exist(member, tenant, other_tenant):
    foreign_seat = make_seat(other_tenant)
    left = Membership.objects.create(tenant=tenant, user=foreign_seat.user, role="staff", is_active=False)
    tag = member("admin", tenant=other_tenant).post("/leads/meta/tags", {"name": "Foreign"}).json()
    values = {
        "sourceId": source_id(other_tenant), "statusId": status_id(other_tenant, "New"), "tagIds": [tag["id"]],
        "assignedToId": str(foreign_seat.id),
    }  # fmt: skip
    caller = member(leads=["create"])
    assert field_errors(caller.post("/leads", body(**values))) == {
        (name, "does_not_exist") for name in ("sourceId", "statusId", "tagIds.0", "assignedToId")
    }
    assert field_errors(caller.post("/leads", body(assignedToId=str(left.id)))) == {
        ("assignedToId", "does_not_exist")
    }


def test_duplicates_are_returned_and_never_block(member):
    caller = member(leads=["create"])
    first = make(caller, firstName="Asha", lastName="Demo", email="asha@example.com", phone="9876543210")
    second = make(caller, firstName="", lastName="", company="Demo Traders", email="", phone="9876543211")
    made = make(caller, email="ASHA@example.com", phone="+919876543211", alternatePhone="98765-43210")
    assert made["duplicates"] == [
        {"id": first["id"], "leadNumber": "LD-00001", "name": "Asha Demo", "matchedOn": ["email", "phone"]},
        {"id": second["id"], "leadNumber": "LD-00002", "name": "Demo Traders", "matchedOn": ["phone"]},
    ]
    assert make(caller)["duplicates"] == []


@pytest.mark.parametrize(
    ("path", "extra"), [("/leads", {"onDuplicate": "reject"}), ("/leads?onDuplicate=reject", {})]
)
def test_duplicates_are_rejected_on_demand(member, tenant, path, extra):
    caller = member(leads=["create"])
    first = make(caller, email="asha@example.com")
    before = rows(tenant)
    response = caller.post(path, body(email="asha@example.com", company="New Demo") | extra)
    assert (response.status_code, response.json()["code"]) == (409, "duplicate")
    assert [one["id"] for one in response.json()["duplicates"]] == [first["id"]]
    assert rows(tenant) == before
    assert caller.post(path, body() | extra).status_code == 201


def test_a_duplicate_out_of_scope_is_only_said_to_exist(member):
    hidden = make(member(leads=["create"]), firstName="Secret", email="asha@example.com")
    response = member(leads=["create", "view"], scope="own").post("/leads", body(email="asha@example.com"))
    assert (response.json()["duplicates"], response.json()["duplicatesOutOfScope"]) == ([], 1)
    assert hidden["id"] not in response.content.decode()
    assert "Secret" not in response.content.decode()


def test_the_plans_limit_holds_in_the_creating_transaction(member, tenant, monkeypatch):
    caller = member(leads=["create", "delete"])
    lead = make(caller)
    monkeypatch.setattr(entitlements, "_provider", lambda tenant: Entitlements({"leads": 1}))
    before = rows(tenant)
    response = caller.post("/leads", body(company="One Too Many"))
    assert (response.status_code, response.json()["code"]) == (403, "plan_limit_reached")
    assert response.json()["limit"] == {"key": "leads", "used": 1, "limit": 1}
    assert rows(tenant) == before
    caller.delete(f"/leads/{lead['id']}")
    assert caller.post("/leads", body()).status_code == 201


def test_queries(member, tenant, queries):
    """Authentication, source, tags, status, company, duplicates, counter, lead, taggings, history."""
    caller = member(leads=["create"])
    tag = caller.post("/leads/meta/tags", {"name": "Counted"}).json()["id"]
    full = {"company": "Demo Traders", "phone": "9876543210", "sourceId": source_id(tenant), "tagIds": [tag]}
    make(caller, **full)
    with queries() as least:
        caller.post("/leads", body())
    with queries() as most:
        caller.post("/leads", body(**full))
    with queries() as keyed:
        caller.post("/leads", body(), headers={"Idempotency-Key": "once"})
    assert (len(least), len(most), len(keyed)) == (6, 10, 9)


CONSTRAINTS = [
    ({"estimated_value": Decimal("NaN")}, "lead_estimated_value"),
    ({"estimated_value": Decimal(-1)}, "lead_estimated_value"),
    ({"rating": "none"}, "lead_rating"),
    ({"priority": "none"}, "lead_priority"),
    ({"first_name": "", "last_name": ""}, "lead_has_name"),
    ({"email": "", "phone": ""}, "lead_has_contact"),
]


@pytest.mark.parametrize(("values", "constraint"), CONSTRAINTS)
def test_the_database_holds_the_rules_too(member, tenant, values, constraint):
    lead = make(member(leads=["create"]))
    columns = ", ".join(f'"{name}" = %s' for name in values)
    with (
        tenant_context(tenant),
        connection.cursor() as cursor,
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(),
    ):
        cursor.execute(f"UPDATE lead SET {columns} WHERE id = %s", [*values.values(), lead["id"]])


def test_one_default_status_and_names_without_case(tenant):
    with tenant_context(tenant):
        for model, values, constraint in (
            (LeadStatus, {"name": "Second", "is_default": True}, "lead_status_one_default"),
            (LeadStatus, {"name": "new"}, "lead_status_name"),
            (LeadStatus, {"name": "Red", "color": "red"}, "lead_status_color"),
            (LeadSource, {"name": "WEBSITE"}, "lead_source_name"),
        ):
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                model.objects.create(**values)


def post_together(seat, bodies):
    """The statuses of POST /leads of all bodies at once."""
    barrier, statuses = threading.Barrier(len(bodies)), []

    def post(sent):
        try:
            barrier.wait()
            statuses.append(Client(seat).post("/leads", sent).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=[sent]) for sent in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


def test_one_of_simultaneous_duplicates_gets_in(committed_tenant):
    seat = make_seat(committed_tenant, "admin")
    same = [body(email="asha@example.com", onDuplicate="reject") for _ in range(12)]
    assert post_together(seat, same) == [201] + [409] * 11
    with tenant_context(committed_tenant):
        assert list(Lead.objects.values_list("lead_number", flat=True)) == ["LD-00001"]
        assert entitlements.used("leads") == 1


def test_simultaneous_creations_share_a_new_company_and_number_exactly(committed_tenant):
    seat = make_seat(committed_tenant, "admin")
    assert post_together(seat, [body(company="Demo Traders") for _ in range(12)]) == [201] * 12
    with tenant_context(committed_tenant):
        numbers = Lead.objects.order_by("lead_number").values_list("lead_number", "company__name")
        assert list(numbers) == [(f"LD-{n:05d}", "Demo Traders") for n in range(1, 13)]
        assert LeadCompany.objects.count() == 1
