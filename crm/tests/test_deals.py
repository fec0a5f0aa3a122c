"""Deals: their stages, their worth, their lists."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.models import Customer, Deal, Lead
from crm.models.deals import weighted
from crm.tests.customers import make_customer, make_deal, problem, stored
from crm.tests.leads import EVERYTHING, field_errors, history_of, make
from nextgenerp.core import entitlements
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.core.tenancy import tenant_context, tenant_today
from nextgenerp.testing.factories import make_seat

NOBODYS = "01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17"
CHANCES = {"prospecting": "10.000", "qualification": "25.000", "proposal": "50.000", "negotiation": "75.000"}


@pytest.fixture
def client(member):
    return member(customers=EVERYTHING, leads=EVERYTHING)


@pytest.fixture
def today(tenant):
    with tenant_context(tenant):
        return tenant_today()


def test_a_title_and_a_customer_are_enough(client, tenant):
    customer = make_customer(client)["id"]
    response = client.post("/deals", {"title": " Demo looms ", "customerId": customer})
    body, seat = response.json(), client.seat
    assert response.status_code == 201
    assert response["Location"] == f"/deals/{body['id']}"
    assert {key: body[key] for key in body if key not in {"id", "createdAt", "updatedAt"}} == {
        "title": "Demo looms", "customerId": customer, "leadId": None, "value": "0.00", "currency": "INR",
        "stage": "prospecting", "probability": "10.000", "weightedValue": "0.00", "expectedCloseDate": None,
        "actualCloseDate": None, "lostReason": "", "tags": [], "notes": "", "ownerId": str(seat.id),
        "owner": {"id": str(seat.id), "name": f"{seat.first_name} {seat.last_name}"}, "version": 1,
    }  # fmt: skip
    assert client.get(f"/deals/{body['id']}").json() == body
    assert client.get("/deals").json()["data"] == [body]
    assert history_of(tenant, body["id"]) == [("created", {})]


@pytest.mark.parametrize(("stage", "chance"), CHANCES.items())
def test_a_stage_brings_its_probability(client, stage, chance):
    deal = make_deal(client, stage=stage, value="1000.10")
    assert (deal["probability"], deal["actualCloseDate"]) == (chance, None)
    assert deal["weightedValue"] == str(
        (Decimal("1000.10") * Decimal(chance) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    )
    path = f"/deals/{make_deal(client)['id']}"
    assert client.patch(path, {"stage": stage}).json()["probability"] == chance
    known_better = client.patch(path, {"stage": stage, "probability": 33.333}).json()
    assert known_better["probability"] == "33.333"
    assert client.patch(path, {"stage": stage, "value": "3"}).json()["weightedValue"] == "1.00"


def test_won_lost_and_open_again(client, tenant, today):
    deal = make_deal(client, value="500", stage="proposal", probability="60")
    path = f"/deals/{deal['id']}"
    before = stored(tenant)
    for reason in ({}, {"lostReason": " "}, {"lostReason": None}):
        assert field_errors(client.patch(path, {"stage": "lost"} | reason)) == {("lostReason", "required")}
    assert stored(tenant) == before

    def outcome(change):
        body = client.patch(path, change).json()
        return [body[name] for name in ("probability", "weightedValue", "actualCloseDate", "lostReason")]

    assert outcome({"stage": "lost", "lostReason": "Too dear"}) == ["0.000", "0.00", str(today), "Too dear"]
    assert outcome({"title": "Renamed"}) == ["0.000", "0.00", str(today), "Too dear"]
    assert outcome({"stage": "won", "probability": "5"}) == ["100.000", "500.00", str(today), ""]
    assert outcome({"lostReason": "Not at all"}) == ["100.000", "500.00", str(today), ""]
    yesterday = str(today - timedelta(days=1))
    assert outcome({"actualCloseDate": yesterday}) == ["100.000", "500.00", yesterday, ""]
    reopened = {"stage": "negotiation", "actualCloseDate": yesterday, "lostReason": "x"}
    assert outcome(reopened) == ["75.000", "375.00", None, ""]
    assert history_of(tenant, deal["id"])[1] == (
        "updated",
        {
            "stage": ["proposal", "lost"], "probability": ["60.000", "0"], "actualCloseDate": [None, str(today)],
            "lostReason": ["", "Too dear"],
        },
    )  # fmt: skip


def test_a_deal_may_begin_closed(client, today):
    won = make_deal(client, stage="won", value="10", actualCloseDate=str(today - timedelta(days=3)))
    assert (won["weightedValue"], won["actualCloseDate"]) == ("10.00", str(today - timedelta(days=3)))
    lost = make_deal(client, stage="lost", lostReason="Too dear", probability="40")
    assert (lost["probability"], lost["actualCloseDate"]) == ("0.000", str(today))


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"title": ""}, {("title", "blank")}),
        ({"title": "x" * 201}, {("title", "max_length")}),
        ({"value": "-1"}, {("value", "min_value")}),
        ({"value": "1.001"}, {("value", "max_decimal_places")}),
        ({"value": "1000000000000"}, {("value", "max_whole_digits")}),
        ({"value": None}, {("value", "null")}),
        ({"value": "NaN"}, {("value", "invalid")}),
        ({"currency": "USD"}, {("currency", "invalid_choice")}),
        ({"stage": "maybe"}, {("stage", "invalid_choice")}),
        ({"probability": "-0.001"}, {("probability", "min_value")}),
        ({"probability": "100.001"}, {("probability", "max_value")}),
        ({"probability": "1.0001"}, {("probability", "max_decimal_places")}),
        ({"expectedCloseDate": "31/12/2026"}, {("expectedCloseDate", "invalid")}),
        ({"actualCloseDate": "2020-01-01"}, {("actualCloseDate", "invalid")}),
        ({"stage": "won", "actualCloseDate": "2999-01-01"}, {("actualCloseDate", "max_value")}),
        ({"ownerId": NOBODYS}, {("ownerId", "does_not_exist")}),
        ({"customerId": NOBODYS}, {("customerId", "does_not_exist")}),
        ({"leadId": NOBODYS}, {("leadId", "does_not_exist")}),
        ({"tagIds": [NOBODYS]}, {("tagIds.0", "does_not_exist")}),
        ({"customerId": None}, {("customerId", "required")}),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(client, tenant, sent, errors):
    deal = make_deal(client)
    before = stored(tenant)
    body = {"title": "Demo", "customerId": deal["customerId"]}
    assert field_errors(client.post("/deals", body | sent)) == errors
    assert field_errors(client.patch(f"/deals/{deal['id']}", sent)) == errors
    assert stored(tenant) == before


def test_a_customer_or_a_lead_and_not_both(client, tenant):
    customer, lead = make_customer(client)["id"], make(client)["id"]
    before = stored(tenant)
    both = client.post("/deals", {"title": "Demo", "customerId": customer, "leadId": lead})
    assert field_errors(both) == {("customerId", "exactly_one")}
    assert field_errors(client.post("/deals", {"title": "Demo"})) == {("customerId", "required")}
    assert stored(tenant) == before
    deal = make_deal(client, leadId=lead)
    assert (deal["leadId"], deal["customerId"]) == (lead, None)
    path = f"/deals/{deal['id']}"
    assert field_errors(client.patch(path, {"customerId": customer})) == {("customerId", "exactly_one")}
    moved = client.patch(path, {"customerId": customer, "leadId": None}).json()
    assert (moved["leadId"], moved["customerId"]) == (None, customer)
    assert history_of(tenant, deal["id"])[-1] == (
        "updated", {"customerId": [None, customer], "leadId": [lead, None]},
    )  # fmt: skip


def test_whom_one_does_not_see_one_has_no_deals_with(client, member):
    customer, lead = make_customer(client)["id"], make(client)["id"]
    mine = member(scope="own", leads=EVERYTHING, customers=["view"])
    for name, hidden in (("customerId", customer), ("leadId", lead)):
        response = mine.post("/deals", {"title": "Demo", name: hidden})
        assert field_errors(response) == {(name, "does_not_exist")}


def test_filters_search_and_sorts(client, tenant):
    customer, lead, colleague = make_customer(client)["id"], make(client)["id"], make_seat(tenant)
    tag = client.post("/leads/meta/tags", {"name": "Festival"}).json()["id"]
    make_deal(client, title="A looms", customerId=customer, value="100", expectedCloseDate="2026-12-31")
    make_deal(client, title="B yarn", leadId=lead, value="200.50", stage="proposal", tagIds=[tag])
    make_deal(
        client,
        title="C looms",
        value="300",
        stage="won",
        ownerId=str(colleague.id),
        expectedCloseDate="2027-01-01",
    )

    def titles(query):
        response = client.get(f"/deals?{query}")
        assert response.status_code == 200, response.content
        return "".join(row["title"][0] for row in response.json()["data"])

    for query, found in {
        "": "CBA", "stage=won": "C", "stage=proposal,prospecting": "BA", f"ownerId={colleague.id}": "C",
        f"customerId={customer}": "A", f"customerId={lead}": "", f"leadId={lead}": "B", f"tagIds={tag}": "B",
        "valueFrom=200.50": "CB", "valueTo=200.50": "BA", "valueFrom=100.01&valueTo=299.99": "B",
        "closingFrom=2027-01-01": "C", "closingTo=2026-12-31": "A", "search=loom": "CA", "search=zz": "",
        "createdTo=2000-01-01": "", "sortBy=value&sortOrder=asc": "ABC", "sortBy=title&sortOrder=asc": "ABC",
        "sortBy=expectedCloseDate&sortOrder=asc": "ACB", "sortBy=expectedCloseDate&sortOrder=desc": "CAB",
    }.items():  # fmt: skip
        assert titles(query) == found, query
    for query in (
        "stage=x",
        "valueFrom=NaN",
        "valueTo=much",
        "closingFrom=31-12-2026",
        "sortBy=stage",
        "x=1",
    ):
        assert client.get(f"/deals?{query}").status_code == 400, query
    for row in client.get("/deals").json()["data"]:
        assert client.get(f"/deals/{row['id']}").json() == row


def test_scope_and_grants(client, member):
    mine = member(scope="own", leads=EVERYTHING, customers=EVERYTHING)
    other, own = make_deal(client), make_deal(mine)
    assert [row["id"] for row in mine.get("/deals").json()["data"]] == [own["id"]]
    path = f"/deals/{other['id']}"
    for response in (mine.get(path), mine.patch(path, {"title": "x"}), mine.delete(path)):
        assert problem(response) == (404, "not_found")
    viewer = member(leads=["view"], customers=EVERYTHING)
    assert viewer.get(path).status_code == 200
    for response, action in (
        (viewer.post("/deals", {}), "canCreate"), (viewer.patch(path, {}), "canEdit"),
        (viewer.delete(path), "canDelete"),
    ):  # fmt: skip
        assert (response.status_code, response.json()["module"], response.json()["action"]) == (
            403,
            "Leads",
            action,
        )


def test_deleted_for_good(client, tenant):
    lead = make(client)
    deal = make_deal(client, leadId=lead["id"])
    with tenant_context(tenant):
        Lead.objects.filter(id=lead["id"]).update(deal=deal["id"])
    assert client.delete(f"/leads/{lead['id']}").json()["code"] == "in_use"
    assert client.delete(f"/deals/{deal['id']}").status_code == 204
    assert client.get(f"/leads/{lead['id']}").json()["dealId"] is None
    with tenant_context(tenant):
        assert (Deal.objects.count(), entitlements.used("deals")) == (0, 0)
    assert [action for action, _ in history_of(tenant, deal["id"])] == ["created", "deleted"]


def test_the_plans_limit_holds(client, tenant, monkeypatch):
    deal = make_deal(client)
    monkeypatch.setattr(entitlements, "_provider", lambda tenant: Entitlements({"deals": 1}))
    before = stored(tenant)
    response = client.post("/deals", {"title": "One too many", "customerId": deal["customerId"]})
    assert problem(response) == (403, "plan_limit_reached")
    assert response.json()["limit"] == {"key": "deals", "used": 1, "limit": 1}
    assert stored(tenant) == before


def test_a_leavers_open_deals_are_handed_over(member, tenant):
    admin = member("admin")
    leaver, successor = make_seat(tenant), make_seat(tenant)
    deals = [
        make_deal(admin, ownerId=str(leaver.id), **values)
        for values in ({}, {"stage": "negotiation"}, {"stage": "won"}, {"stage": "lost", "lostReason": "x"})
    ]
    response = admin.delete(f"/users/{leaver.id}?reassignTo={successor.id}")
    assert response.status_code == 204, response.content
    after = [admin.get(f"/deals/{deal['id']}").json() for deal in deals]
    assert [one["ownerId"] for one in after] == [str(successor.id)] * 2 + [str(leaver.id)] * 2
    assert [one["version"] for one in after] == [2, 2, 1, 1]
    assert history_of(tenant, deals[0]["id"])[-1] == (
        "updated", {"ownerId": [str(leaver.id), str(successor.id)]},
    )  # fmt: skip


amounts = st.decimals(0, Decimal("999999999999.99"), places=2)
percents = st.decimals(0, 100, places=3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(amounts, percents), min_size=1, max_size=25))
def test_python_and_the_database_weigh_alike(tenant, rows):
    """Half up to the paisa; the constraint in the database recomputes it."""
    with tenant_context(tenant), transaction.atomic():
        customer = Customer.objects.create(number=1, code="X", name="Demo")
        for value, chance in rows:
            deal = Deal(title="Demo", customer=customer, value=value, probability=chance)
            deal.derive()
            deal.save()
            exact = int(value * 100) * int(chance * 1000)
            assert deal.weighted_value == Decimal((exact * 2 + 100_000) // 200_000) / 100
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "values",
    [
        {"stage": "maybe"}, {"probability": 101}, {"probability": -1}, {"value": -1}, {"weighted_value": "10.01"},
        {"stage": "won"}, {"stage": "lost", "probability": 0, "weighted_value": 0}, {"lost_reason": "x"},
        {"actual_close_date": "2026-01-01"}, {"customer_id": None},
    ],
)  # fmt: skip
def test_the_database_holds_the_rules(client, tenant, values):
    customer = make_customer(client)["id"]
    columns = {
        "title": "Demo", "customer_id": customer, "value": "100.00", "probability": 10, "weighted_value": "10.00",
    }  # fmt: skip
    with tenant_context(tenant):
        Deal.objects.create(**columns)
        with pytest.raises(IntegrityError), transaction.atomic():
            Deal.objects.create(**columns | values)


def test_half_a_paisa_goes_up():
    assert weighted(Decimal("0.01"), Decimal("50")) == Decimal("0.01")
    assert weighted(Decimal("0.01"), Decimal("49.999")) == 0


def test_queries(client, queries):
    """Create: authentication, customer, counter, INSERT, history. Change: authentication, deal, UPDATE, history, tags.
    Deletion: authentication, deal, history, tags, lead and deal, the counter. List: authentication, rows, tags."""
    deal = make_deal(client)
    with queries() as creating:
        made = make_deal(client, customerId=deal["customerId"])
    with queries() as changing:
        client.patch(f"/deals/{made['id']}", {"stage": "proposal"})
    with queries() as listing:
        client.get("/deals")
    with queries() as deleting:
        client.delete(f"/deals/{made['id']}")
    assert (len(creating), len(changing), len(listing), len(deleting)) == (5, 5, 4, 7)
