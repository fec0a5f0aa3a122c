"""POST /leads/:id/convert."""

import pytest
from django.utils import timezone

from crm.models import Customer, Deal, Lead, LeadStatus
from crm.tests.customers import GSTIN, address, make_customer, make_deal, problem, stored
from crm.tests.leads import EVERYTHING, field_errors, history_of, make, status_id
from crm.tests.test_customer_concurrency import at_once, limit
from nextgenerp.core import entitlements
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.books import assert_books_are_clean
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat

NOBODYS = "01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17"


@pytest.fixture
def client(member):
    return member(customers=EVERYTHING, leads=EVERYTHING)


def convert(client, lead, status=200, **body):
    response = client.post(f"/leads/{lead['id']}/convert", body)
    assert response.status_code == status, response.content
    return response.json()


def state(tenant, lead):
    """Everything a conversion may touch."""
    with tenant_context(tenant):
        row = Lead.objects.filter(id=lead["id"]).values().get()
    return stored(tenant), row


def test_a_lead_becomes_a_customer_and_a_deal(client, tenant):
    tag = client.post("/leads/meta/tags", {"name": "Festival"}).json()
    colleague = make_seat(tenant)
    lead = make(
        client, firstName="Asha", lastName="Demo", company="Demo Traders", email="Asha@Example.com", phone="9876543210",
        alternatePhone="9876543211", address="1 Demo Road, Shivajinagar", city="Pune", state="maharashtra",
        pincode="411001", tagIds=[tag["id"]], assignedToId=str(colleague.id), estimatedValue="1000.10",
        expectedCloseDate="2027-01-31",
    )  # fmt: skip
    before = timezone.now().isoformat()
    body = convert(client, lead, createDeal=True)
    assert body["id"] == lead["id"]
    assert body["status"]["name"] == "Won"
    assert body["convertedAt"].replace("Z", "+00:00") >= before
    assert body["version"] == 2
    assert client.get(f"/leads/{lead['id']}").json() == body
    customer = client.get(f"/customers/{body['customerId']}").json()
    expected = {
        "code": "CU-00001", "type": "business", "name": "Demo Traders", "contactPerson": "Asha Demo",
        "email": "Asha@Example.com", "phone": "+919876543210", "alternatePhone": "+919876543211", "gstin": "",
        "gstCategory": "unregistered", "tags": [tag], "notes": "", "ownerId": str(colleague.id),
        "sourceLeadId": lead["id"],
        "billingAddress": address(
            line1="1 Demo Road, Shivajinagar", city="Pune", state="Maharashtra", stateCode="27", pincode="411001",
            country="India",
        ),
    }  # fmt: skip
    assert {name: customer[name] for name in expected} == expected
    deal = client.get(f"/deals/{body['dealId']}").json()
    expected = {
        "title": "Asha Demo", "customerId": customer["id"], "leadId": None, "value": "1000.10", "stage": "prospecting",
        "weightedValue": "100.01", "expectedCloseDate": "2027-01-31", "ownerId": str(colleague.id),
    }  # fmt: skip
    assert {name: deal[name] for name in expected} == expected
    assert history_of(tenant, lead["id"])[1] == (
        "converted",
        {
            "convertedAt": [None, body["convertedAt"]], "customerId": [None, customer["id"]],
            "dealId": [None, deal["id"]], "statusId": [lead["statusId"], status_id(tenant, "Won")],
        },
    )  # fmt: skip
    assert [history_of(tenant, one["id"]) for one in (customer, deal)] == [[("created", {})]] * 2


def test_a_person_without_a_company(client):
    lead = make(client, firstName="Asha", lastName="", country="Nepal", state="Bagmati")
    body = convert(client, lead)
    customer = client.get(f"/customers/{body['customerId']}").json()
    assert (customer["type"], customer["name"], customer["contactPerson"]) == ("individual", "Asha", "")
    assert (customer["gstCategory"], customer["billingAddress"]["country"]) == ("overseas", "Nepal")
    assert body["dealId"] is None


def test_what_is_no_address_goes_to_the_notes(client):
    lead = make(client, address="word " * 90, state="Maharastra", pincode="4110", city="Pune")
    body = convert(client, lead)
    customer = client.get(f"/customers/{body['customerId']}").json()
    billing = customer["billingAddress"]
    assert (billing["city"], billing["state"], billing["pincode"], billing["country"]) == (
        "Pune",
        "",
        "",
        "India",
    )
    kept = f"{billing['line1']} {billing['line2']}".split() + customer["notes"].split()
    assert sorted(kept) == sorted(["word"] * 90 + ["Maharastra", "4110"])


def test_into_a_customer_there_is_with_a_deal_of_ones_own(client, tenant):
    customer, lead = make_customer(client, gstin=GSTIN), make(client)
    own, lost = (
        make_deal(client, leadId=lead["id"]),
        make_deal(client, leadId=lead["id"], stage="lost", lostReason="x"),
    )
    sent = {
        "title": "Looms",
        "value": "10",
        "stage": "proposal",
        "notes": "Twelve",
        "expectedCloseDate": None,
    }
    body = convert(client, lead, customerId=customer["id"], deal=sent)
    assert body["customerId"] == customer["id"]
    assert client.get(f"/customers/{customer['id']}").json() == customer
    deal = client.get(f"/deals/{body['dealId']}").json()
    assert {name: deal[name] for name in sent} == sent | {"value": "10.00"}
    for one in (own, lost):
        moved = client.get(f"/deals/{one['id']}").json()
        assert (moved["leadId"], moved["customerId"], moved["version"]) == (None, customer["id"], 2)
        assert moved["stage"] == one["stage"]
        assert history_of(tenant, one["id"])[1] == (
            "updated", {"leadId": [lead["id"], None], "customerId": [None, customer["id"]]},
        )  # fmt: skip
    with tenant_context(tenant):
        assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "deals"),
    [({}, 0), ({"createDeal": False, "deal": {"title": "x"}}, 0), ({"createDeal": True}, 1), ({"deal": {}}, 1),
     ({"createDeal": None, "deal": None, "customerId": None}, 0)],
)  # fmt: skip
def test_a_deal_only_where_one_is_wanted(client, tenant, body, deals):
    convert(client, make(client), **body)
    with tenant_context(tenant):
        assert Deal.objects.count() == deals


def test_once(client, tenant):
    lead = make(client)
    body = convert(client, lead, createDeal=True)
    before = state(tenant, lead)
    again = convert(client, lead, 409, createDeal=True)
    assert (again["code"], again["customerId"], again["dealId"]) == (
        "already_converted", body["customerId"], body["dealId"],
    )  # fmt: skip
    assert state(tenant, lead) == before


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"customerId": NOBODYS}, {("customerId", "does_not_exist")}),
        ({"createDeal": "maybe"}, {("createDeal", "invalid")}),
        ({"deal": []}, {("deal", "invalid")}),
        ({"deal": {"title": ""}}, {("deal.title", "blank")}),
        ({"deal": {"customerId": NOBODYS}}, {("deal.customerId", "unknown_field")}),
        ({"deal": {"value": "-1"}}, {("deal.value", "min_value")}),
        ({"deal": {"stage": "lost"}}, {("deal.lostReason", "required")}),
        ({"colour": "red"}, {("colour", "unknown_field")}),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(client, tenant, sent, errors):
    lead = make(client)
    before = state(tenant, lead)
    assert field_errors(client.post(f"/leads/{lead['id']}/convert", sent)) == errors
    assert state(tenant, lead) == before


def test_both_grants_are_needed(client, member, tenant):
    lead = make(client)
    before = state(tenant, lead)
    for caller, module, action in (
        (member(leads=["view"], customers=EVERYTHING), "Leads", "canEdit"),
        (member(leads=EVERYTHING, customers=["view", "edit"]), "Customers", "canCreate"),
    ):
        body = convert(caller, lead, 403)
        assert (body["module"], body["action"]) == (module, action)
    assert state(tenant, lead) == before
    convert(member(leads=["edit"], customers=["create"]), lead)


def test_out_of_scope_is_not_there(client, member):
    mine = member(scope="own", leads=EVERYTHING, customers=EVERYTHING)
    assert convert(mine, make(client), 404)["code"] == "not_found"
    hidden = make_customer(client)["id"]
    response = mine.post(f"/leads/{make(mine)['id']}/convert", {"customerId": hidden})
    assert field_errors(response) == {("customerId", "does_not_exist")}


@pytest.mark.parametrize("what", ["customers", "deals"])
def test_limits_hold_and_nothing_is_half_done(client, tenant, monkeypatch, what):
    lead = make(client)
    limit(monkeypatch, tenant, **{what: 0})
    before = state(tenant, lead)
    body = convert(client, lead, 403, createDeal=True)
    assert (body["code"], body["limit"]) == ("plan_limit_reached", {"key": what, "used": 0, "limit": 0})
    assert state(tenant, lead) == before


def test_if_match_and_idempotency(client, tenant):
    lead = make(client)
    path = f"/leads/{lead['id']}/convert"
    assert problem(client.post(path, {}, headers={"If-Match": '"7"'})) == (412, "version_mismatch")
    first = client.post(path, {}, headers={"If-Match": '"1"', "Idempotency-Key": "once"})
    again = client.post(path, {}, headers={"If-Match": '"1"', "Idempotency-Key": "once"})
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    with tenant_context(tenant):
        assert Customer.objects.count() == 1


def test_a_lost_lead_is_won_and_without_a_won_status_it_stays(client, tenant):
    lead = make(client, statusId=status_id(tenant, "Lost"), lostReason="Too dear")
    body = convert(client, lead)
    assert (body["status"]["name"], body["lostReason"]) == ("Won", "")
    with tenant_context(tenant):
        assert Lead.objects.get(id=lead["id"]).lost_at is None
        LeadStatus.objects.filter(type="won").update(type="open")
    other = make(client)
    assert convert(client, other)["statusId"] == other["statusId"]


def test_a_converted_lead_and_its_customer_hold_each_other(client):
    lead = make(client)
    body = convert(client, lead)
    assert problem(client.delete(f"/leads/{lead['id']}")) == (409, "in_use")
    assert client.delete(f"/customers/{body['customerId']}").status_code == 204
    assert client.get(f"/leads/{lead['id']}").json()["customerId"] is None


def test_simultaneous_conversions_make_one_customer(committed_tenant):
    seat = make_seat(committed_tenant, "tenant_admin")
    for round_ in range(1, 4):
        lead = make(Client(seat))
        path = f"/leads/{lead['id']}/convert"
        answers = at_once(*[lambda path=path: Client(seat).post(path, {"createDeal": True})] * 6)
        assert sorted(one.status_code for one in answers) == [200] + [409] * 5
        [made] = [one.json() for one in answers if one.status_code == 200]
        for one in answers:
            assert (one.json()["customerId"], one.json()["dealId"]) == (made["customerId"], made["dealId"])
        with tenant_context(committed_tenant):
            figures = Customer.objects.count(), Deal.objects.count()
            assert figures == (round_, round_) == tuple(map(entitlements.used, ("customers", "deals")))
    assert_books_are_clean(committed_tenant)


def test_queries(client, queries):
    """Authentication, lead, tags of the lead; counter, INSERT and history of customer and of deal; deals of the lead,
    won status, UPDATE, history; the answer's status and tags."""
    convert(client, make(client), createDeal=True)
    lead = make(client)
    with queries() as seen:
        convert(client, lead, createDeal=True)
    assert len(seen) <= 16, seen
