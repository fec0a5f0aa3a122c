"""Customers made, changed and deleted."""

import pytest
from django.db import IntegrityError, transaction

from crm.models import Customer, Lead
from crm.tests.customers import (
    GSTIN,
    OTHER_GSTIN,
    OTHER_PAN,
    PAN,
    PUNE,
    address,
    make_customer,
    make_deal,
    problem,
    stored,
)
from crm.tests.leads import EVERYTHING, field_errors, history_of, make
from nextgenerp.core import entitlements
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.factories import make_seat

NOBODYS = "01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17"
IN_MAHARASHTRA = address(state="Maharashtra", stateCode="27", country="India")


@pytest.fixture
def client(member):
    return member(customers=EVERYTHING, leads=EVERYTHING)


def test_a_name_is_enough(client, tenant):
    response = client.post("/customers", {"name": "  Demo   Works "})
    body = response.json()
    assert response.status_code == 201
    assert response["Location"] == f"/customers/{body['id']}"
    assert response["ETag"] == '"1"'
    seat = client.seat
    assert {key: body[key] for key in body if key not in {"id", "createdAt", "updatedAt"}} == {
        "code": "CU-00001", "type": "business", "name": "Demo   Works", "contactPerson": "", "email": "", "phone": "",
        "alternatePhone": "", "gstin": "", "pan": "", "gstCategory": "unregistered", "billingAddress": address(),
        "shippingAddresses": [], "creditLimit": None, "creditDays": 0, "outstanding": "0.00", "tags": [], "notes": "",
        "ownerId": str(seat.id), "owner": {"id": str(seat.id), "name": f"{seat.first_name} {seat.last_name}"},
        "sourceLeadId": None, "isActive": True, "version": 1,
    }  # fmt: skip
    assert client.get(f"/customers/{body['id']}").json() == body
    assert client.get("/customers").json()["data"] == [body]
    assert history_of(tenant, body["id"]) == [("created", {})]


def test_every_field(client, tenant):
    tag = client.post("/leads/meta/tags", {"name": "Festival"}).json()
    colleague = make_seat(tenant, first_name="Demo", last_name="Colleague")
    sent = {
        "type": "individual", "name": "Asha Demo", "contactPerson": "Ravi Demo", "email": " Asha@Example.com ",
        "phone": "098765 43210", "alternatePhone": "+91-98765-43211", "gstin": GSTIN.lower(), "gstCategory": "sez",
        "billingAddress": {"line1": " 1 Demo Road ", "city": "Pune", "pincode": "411 001"},
        "shippingAddresses": [PUNE, {"state": "goa", "line1": "2 Demo Road"}], "creditLimit": 100000.5,
        "creditDays": 30, "notes": "Twelve\nlooms", "tagIds": [tag["id"]], "ownerId": str(colleague.id),
        "isActive": False,
    }  # fmt: skip
    body = client.post("/customers", sent).json()
    same = ("type", "name", "contactPerson", "gstCategory", "creditDays", "notes", "isActive")
    assert {key: body[key] for key in same} == {key: sent[key] for key in same}
    assert (body["email"], body["phone"], body["alternatePhone"]) == (
        "Asha@Example.com", "+919876543210", "+919876543211",
    )  # fmt: skip
    assert (body["gstin"], body["pan"], body["creditLimit"]) == (GSTIN, PAN, "100000.50")
    assert body["billingAddress"] == PUNE
    goa = address(line1="2 Demo Road", state="Goa", stateCode="30", country="India")
    assert body["shippingAddresses"] == [PUNE, goa]
    assert body["tags"] == [tag]
    assert body["owner"] == {"id": str(colleague.id), "name": "Demo Colleague"}


def test_a_client_may_send_back_what_it_read(client, tenant):
    body = make_customer(client, gstin=GSTIN, billingAddress=PUNE, shippingAddresses=[PUNE])
    before = stored(tenant)
    response = client.patch(f"/customers/{body['id']}", body)
    assert (response.status_code, response.json()) == (200, body)
    assert stored(tenant) == before


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"name": ""}, {("name", "blank")}),
        ({"name": "x" * 201}, {("name", "max_length")}),
        ({"type": "shop"}, {("type", "invalid_choice")}),
        ({"email": "demo"}, {("email", "invalid_email")}),
        ({"phone": "12"}, {("phone", "invalid_phone")}),
        ({"gstin": "27AAPFU0939F1ZW"}, {("gstin", "invalid_gstin")}),
        ({"gstin": "39AAPFU0939F1ZV"}, {("gstin", "invalid_gstin")}),
        ({"pan": "AAPFU0939"}, {("pan", "invalid_pan")}),
        ({"gstCategory": "other"}, {("gstCategory", "invalid_choice")}),
        ({"creditLimit": "-1"}, {("creditLimit", "min_value")}),
        ({"creditLimit": "1.005"}, {("creditLimit", "max_decimal_places")}),
        ({"creditLimit": "NaN"}, {("creditLimit", "invalid")}),
        ({"creditDays": -1}, {("creditDays", "min_value")}),
        ({"creditDays": 3651}, {("creditDays", "max_value")}),
        ({"ownerId": NOBODYS}, {("ownerId", "does_not_exist")}),
        ({"tagIds": [NOBODYS]}, {("tagIds.0", "does_not_exist")}),
        ({"billingAddress": "Pune"}, {("billingAddress", "invalid")}),
        ({"billingAddress": None}, {("billingAddress", "null")}),
        ({"billingAddress": {"town": "Pune"}}, {("billingAddress.town", "unknown_field")}),
        ({"billingAddress": {"city": 1}}, {("billingAddress.city", "invalid")}),
        ({"billingAddress": {"line1": "x" * 201}}, {("billingAddress.line1", "max_length")}),
        ({"billingAddress": {"pincode": "011001"}}, {("billingAddress.pincode", "invalid_pincode")}),
        ({"billingAddress": {"pincode": "41100"}}, {("billingAddress.pincode", "invalid_pincode")}),
        ({"billingAddress": {"state": "Atlantis"}}, {("billingAddress.state", "invalid_state")}),
        ({"billingAddress": {"stateCode": "99"}}, {("billingAddress.stateCode", "invalid_state")}),
        (
            {"billingAddress": {"state": "Goa", "stateCode": "27"}},
            {("billingAddress.stateCode", "invalid_state")},
        ),
        (
            {"billingAddress": {"country": "Nepal", "stateCode": "27"}},
            {("billingAddress.stateCode", "invalid_state")},
        ),
        ({"shippingAddresses": {}}, {("shippingAddresses", "not_a_list")}),
        ({"shippingAddresses": [PUNE] * 21}, {("shippingAddresses", "max_length")}),
        ({"shippingAddresses": [PUNE, {}]}, {("shippingAddresses.1", "blank")}),
        (
            {"shippingAddresses": [PUNE, {"pincode": "1"}]},
            {("shippingAddresses.1.pincode", "invalid_pincode")},
        ),
        ({"gstin": GSTIN, "pan": OTHER_PAN}, {("pan", "pan_mismatch")}),
        ({"gstin": GSTIN, "gstCategory": "overseas"}, {("gstCategory", "category_mismatch")}),
        ({"gstin": GSTIN, "billingAddress": {"state": "Goa"}}, {("billingAddress", "state_mismatch")}),
        ({"gstin": GSTIN, "billingAddress": {"country": "Nepal"}}, {("billingAddress", "state_mismatch")}),
        ({"colour": "red"}, {("colour", "unknown_field")}),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(client, tenant, sent, errors):
    customer = make_customer(client)
    before = stored(tenant)
    assert field_errors(client.post("/customers", {"name": "Demo Works"} | sent)) == errors
    assert field_errors(client.patch(f"/customers/{customer['id']}", sent)) == errors
    assert stored(tenant) == before


def test_a_name_is_needed(client):
    assert field_errors(client.post("/customers", {"email": "demo@example.com"})) == {("name", "required")}


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        # A GSTIN brings PAN, state and a registered category.
        ({}, {"gstin": GSTIN}, (GSTIN, PAN, "registered", IN_MAHARASHTRA)),
        ({"pan": OTHER_PAN}, {"gstin": GSTIN}, (GSTIN, PAN, "registered", IN_MAHARASHTRA)),
        (
            {"gstCategory": "composition", "billingAddress": {"city": "Pune"}},
            {"gstin": GSTIN},
            (GSTIN, PAN, "composition", IN_MAHARASHTRA | {"city": "Pune"}),
        ),
        # An address of which only the state is known moves with the GSTIN.
        (
            {"gstin": GSTIN},
            {"gstin": OTHER_GSTIN, "pan": PAN},
            (OTHER_GSTIN, OTHER_PAN, "registered", address(state="Karnataka", stateCode="29", country="India")),
        ),
        # Without a GSTIN nobody is registered; the PAN stays.
        ({"gstin": GSTIN}, {"gstin": ""}, ("", PAN, "unregistered", IN_MAHARASHTRA)),
        ({"gstin": GSTIN}, {"gstin": None, "gstCategory": "sez"}, ("", PAN, "sez", IN_MAHARASHTRA)),
        ({"gstin": GSTIN, "gstCategory": "sez"}, {"gstin": ""}, ("", PAN, "sez", IN_MAHARASHTRA)),
        # A given address replaces the whole one.
        (
            {"billingAddress": PUNE},
            {"billingAddress": {"stateCode": "30"}},
            ("", "", "unregistered", address(state="Goa", stateCode="30", country="India")),
        ),
        ({"billingAddress": PUNE}, {"billingAddress": {}}, ("", "", "unregistered", address())),
        ({"gstin": GSTIN, "billingAddress": PUNE}, {"billingAddress": {}}, (GSTIN, PAN, "registered", IN_MAHARASHTRA)),
        # Abroad there are neither PINs nor states of ours.
        (
            {"billingAddress": {"country": "Nepal", "pincode": "04", "state": "Bagmati"}},
            {},
            ("", "", "overseas", address(country="Nepal", pincode="04", state="Bagmati")),
        ),
    ],
)  # fmt: skip
def test_who_is_taxed_where(client, before, change, after):
    customer = make_customer(client, **before)
    response = client.patch(f"/customers/{customer['id']}", change)
    assert response.status_code == 200, response.content
    body = response.json()
    assert (body["gstin"], body["pan"], body["gstCategory"], body["billingAddress"]) == after


def test_a_gstin_of_another_state_than_the_known_address_is_refused(client):
    customer = make_customer(client, billingAddress=PUNE)
    response = client.patch(f"/customers/{customer['id']}", {"gstin": OTHER_GSTIN})
    assert field_errors(response) == {("gstin", "state_mismatch")}
    moved = {"gstin": OTHER_GSTIN, "billingAddress": {"city": "Bengaluru"}}
    assert client.patch(f"/customers/{customer['id']}", moved).json()["billingAddress"]["stateCode"] == "29"


def test_a_gstin_is_one_customers(client, tenant):
    first = make_customer(client, gstin=GSTIN)
    second = make_customer(client)
    before = stored(tenant)
    existing = {"id": first["id"], "code": first["code"], "name": first["name"]}
    for response in (
        client.post("/customers", {"name": "Demo", "gstin": GSTIN}),
        client.patch(f"/customers/{second['id']}", {"gstin": GSTIN}),
    ):
        assert problem(response) == (409, "duplicate")
        assert response.json()["existing"] == existing
    assert stored(tenant) == before


def test_a_duplicate_out_of_sight_is_not_shown(client, member):
    make_customer(client, gstin=GSTIN)
    response = member(scope="own", customers=EVERYTHING).post("/customers", {"name": "Demo", "gstin": GSTIN})
    assert problem(response) == (409, "duplicate")
    assert response.json()["existing"] is None


def test_a_change_has_a_version_and_a_history(client, tenant):
    tag = client.post("/leads/meta/tags", {"name": "Festival"}).json()
    customer = make_customer(client, billingAddress=PUNE)
    path = f"/customers/{customer['id']}"
    changed = client.patch(path, {"name": "New Works", "tagIds": [tag["id"]], "creditLimit": "10"})
    assert (changed.json()["version"], changed["ETag"]) == (2, '"2"')
    assert problem(client.patch(path, {"name": "x"}, headers={"If-Match": '"1"'})) == (
        412,
        "version_mismatch",
    )
    assert client.patch(path, {"billingAddress": {}}, headers={"If-Match": '"2"'}).status_code == 200
    assert history_of(tenant, customer["id"]) == [
        ("created", {}),
        (
            "updated",
            {"name": ["Demo Works", "New Works"], "creditLimit": [None, "10.00"], "tags": [[], ["Festival"]]},
        ),
        ("updated", {"billingAddress": [PUNE, address()]}),
    ]


def test_what_is_found_follows_what_is_written(client):
    customer = make_customer(client, name="Demo Works", email="old@example.com")
    client.patch(f"/customers/{customer['id']}", {"name": "Sharma Looms", "email": "", "gstin": GSTIN})
    for text, found in (("sharma", 1), (GSTIN[4:9], 1), ("works", 0), ("old@", 0)):
        assert client.get(f"/customers?search={text}").json()["pagination"]["total"] == found, text


def test_deleted_for_good(client, tenant):
    customer = make_customer(client)
    with tenant_context(tenant):
        assert entitlements.used("customers") == 1
    assert client.delete(f"/customers/{customer['id']}").status_code == 204
    assert client.get(f"/customers/{customer['id']}").status_code == 404
    with tenant_context(tenant):
        assert entitlements.used("customers") == 0
    assert [action for action, _ in history_of(tenant, customer["id"])] == ["created", "deleted"]
    assert make_customer(client)["code"] == "CU-00002"


def test_a_customer_in_use_stays(client, tenant):
    customer = make_customer(client)
    for _ in range(2):
        make_deal(client, customerId=customer["id"])
    before = stored(tenant)
    response = client.delete(f"/customers/{customer['id']}")
    assert problem(response) == (409, "in_use")
    assert response.json()["counts"] == {"deals": 2}
    assert stored(tenant) == before
    assert client.patch(f"/customers/{customer['id']}", {"isActive": False}).json()["isActive"] is False


def test_documents_of_all_apps_count(member, tenant):
    admin = member("admin")
    customer = make_customer(admin)["id"]
    line = {"name": "Demo widget", "quantity": "1", "unitPrice": "100", "gstRate": "18"}
    paths = {
        "quotations": "/quotations", "proformaInvoices": "/proforma-invoices", "salesOrders": "/sales-orders",
        "invoices": "/finance/invoices",
    }  # fmt: skip
    for path in paths.values():
        made = admin.post(path, {"customerId": customer, "lines": [line]})
        assert made.status_code == 201, made.content
    response = admin.delete(f"/customers/{customer}")
    assert problem(response) == (409, "in_use")
    assert response.json()["counts"] == dict.fromkeys(paths, 1)


def test_a_lead_forgets_a_deleted_customer(client, tenant):
    customer, lead = make_customer(client), make(client)
    with tenant_context(tenant):
        Lead.objects.filter(id=lead["id"]).update(customer=customer["id"])
    assert client.delete(f"/customers/{customer['id']}").status_code == 204
    assert client.get(f"/leads/{lead['id']}").json()["customerId"] is None


def test_own_scope_reaches_what_one_owns(client, member, tenant):
    mine = member(scope="own", customers=EVERYTHING)
    other, own = make_customer(client), make_customer(mine)
    assert [row["id"] for row in mine.get("/customers").json()["data"]] == [own["id"]]
    for response in (
        mine.get(f"/customers/{other['id']}"), mine.patch(f"/customers/{other['id']}", {"name": "x"}),
        mine.delete(f"/customers/{other['id']}"),
    ):  # fmt: skip
        assert problem(response) == (404, "not_found")


def test_the_plans_limit_holds(client, tenant, monkeypatch):
    make_customer(client)
    monkeypatch.setattr(entitlements, "_provider", lambda tenant: Entitlements({"customers": 1}))
    before = stored(tenant)
    response = client.post("/customers", {"name": "One too many"})
    assert problem(response) == (403, "plan_limit_reached")
    assert response.json()["limit"] == {"key": "customers", "used": 1, "limit": 1}
    assert stored(tenant) == before


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""}, {"type": "shop"}, {"gst_category": ""}, {"outstanding": "-0.01"}, {"credit_limit": "-1"},
        {"gstin": GSTIN}, {"code": "CU-00001"},
    ],
)  # fmt: skip
def test_the_database_holds_the_rules(client, tenant, values):
    make_customer(client, gstin=GSTIN)
    with tenant_context(tenant), pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.create(**{"number": 9, "code": "CU-9", "name": "Demo"} | values)


def test_queries(client, queries):
    """Create: authentication, duplicate, counter, INSERT, history. Change: authentication, customer, duplicate, UPDATE,
    history, tags. Deletion: authentication, customer, a count of each kind that refers to it, history; the same kinds,
    tags, leads and customer by Django; the counter."""
    make_customer(client)  # the counter is there
    with queries() as creating:
        customer = make_customer(client, gstin=GSTIN)
    with queries() as changing:
        client.patch(f"/customers/{customer['id']}", {"gstin": OTHER_GSTIN})
    with queries() as deleting:
        client.delete(f"/customers/{customer['id']}")
    assert (len(creating), len(changing), len(deleting)) == (5, 6, 19)
