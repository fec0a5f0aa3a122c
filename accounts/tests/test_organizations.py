"""/organizations: what the admins of a root and of a sub-tenant see, and opening sub-tenants, whole or not at all."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import Invitation, Membership, Organization, Tenant, User
from accounts.tokens import AccessToken
from nextgenerp.core import entitlements
from nextgenerp.core.entitlements import Entitlements
from nextgenerp.core.models import HistoryEntry, UsageCounter
from nextgenerp.core.provisioning import fill_spares
from nextgenerp.core.tenancy import leave_tenant, tenant_context
from nextgenerp.database.models import SpareSchema
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat, make_tenant, make_user
from nextgenerp.testing.schemas import schemas_like

OWN, TENANTS, SUB_TENANTS = (
    "/organizations/my-organization",
    "/organizations/my-organization/tenants",
    "/organizations/sub-tenants",
)
GSTIN = "27AAPFU0939F1ZV"  # of Maharashtra


@pytest.fixture
def tenant(tenant):
    """The first tenant without the sub-tenants other tests have committed under it."""
    Tenant.objects.filter(parent=tenant).update(status="archived")
    return tenant


@pytest.fixture
def plan(monkeypatch):
    """``plan(subTenants=1)``: the limits of every tenant's plan."""

    def allow(**limits):
        monkeypatch.setattr(entitlements, "_provider", lambda tenant: Entitlements(limits))

    return allow


def branch_of(root, name="Demo Branch", **fields):
    """A sub-tenant without a schema: enough to be listed."""
    schema = f"t_{uuid4().hex[:20]}"
    return Tenant.objects.create(
        organization=root.organization, parent=root, name=name, slug=uuid4().hex, schema_name=schema, **fields
    )


def state():
    """What opening a sub-tenant writes, apart from rows in schemas."""
    leave_tenant()
    models = (Tenant, Membership, Invitation, User, QueuedEmail, SpareSchema)
    return [model.objects.count() for model in models], schemas_like("t_%")


def problem(response):
    return response.status_code, response.json()["code"]


def problem_or_none(response):
    return None if response.status_code == 201 else problem(response)


# --- reading


@pytest.mark.parametrize("role", ["tenant_admin", "admin"])
def test_the_admins_of_the_root_see_the_whole_organization(member, tenant, other_tenant, role, plan):
    plan(subTenants=5)
    branch = branch_of(tenant, "Demo B", gstin=GSTIN, state_code="27")
    branch_of(tenant, "Demo A", status="suspended")
    make_seat(branch_of(tenant, "Demo Gone", status="archived"))
    make_seat(branch)
    make_seat(branch, is_active=False)
    make_seat(other_tenant)
    client = member(role)
    seats = Membership.objects.filter(tenant=tenant, is_active=True).count()
    own = client.get(OWN).json()
    assert {key: own[key] for key in ("id", "name", "tenants", "users", "subTenants")} == {
        "id": str(tenant.organization_id), "name": "First Demo Works", "tenants": 3, "users": seats + 1,
        "subTenants": {"used": 2, "limit": 5},
    }  # fmt: skip
    assert (own["tenant"]["id"], own["tenant"]["isRoot"]) == (str(tenant.id), True)
    body = client.get(TENANTS).json()
    assert body["pagination"] is None
    shown = [
        (row["name"], row["isRoot"], row["isCurrent"], row["status"], row["users"]) for row in body["data"]
    ]
    assert shown == [
        (tenant.name, True, True, "active", seats), ("Demo A", False, False, "suspended", 0),
        ("Demo B", False, False, "active", 1),
    ]  # fmt: skip
    row = body["data"][2]
    assert (row["id"], row["parentId"], row["gstin"], row["stateCode"]) == (
        str(branch.id), str(tenant.id), GSTIN, "27"
    )  # fmt: skip
    subs = client.get(SUB_TENANTS).json()
    assert subs == {"data": body["data"][1:], "pagination": None}


def test_the_admins_of_a_sub_tenant_see_it_alone(tenant):
    branch = make_tenant("Demo Branch", parent=tenant)
    branch_of(tenant, "Demo Sister")
    make_seat(tenant)
    client = Client(make_seat(branch, "tenant_admin"))
    own = client.get(OWN).json()
    assert (own["id"], own["tenants"], own["users"], own["subTenants"]) == (
        str(tenant.organization_id), 1, 1, None
    )  # fmt: skip
    assert own["tenant"]["id"] == str(branch.id)
    assert [row["id"] for row in client.get(TENANTS).json()["data"]] == [str(branch.id)]
    assert client.get(SUB_TENANTS).json() == {"data": [], "pagination": None}


@pytest.mark.parametrize("role", ["manager", "staff"])
def test_others_see_nothing_of_it(member, role):
    client = member(role)
    for path in (OWN, TENANTS, SUB_TENANTS, f"{OWN}/stats", "/organizations"):
        assert problem(client.get(path)) == (403, "permission_denied")


def test_it_costs_the_same_with_fifty_sub_tenants_and_two_thousand_seats(member, tenant, queries):
    client = member("admin")

    def cost():
        found = []
        for path in (OWN, TENANTS, SUB_TENANTS, f"{OWN}/stats"):
            with queries() as seen:
                assert client.get(path).status_code == 200
            found.append(len(seen))
        return found

    branch_of(tenant)
    few = cost()
    branches = [tenant, *(branch_of(tenant, f"Demo {number}") for number in range(49))]
    users = User.objects.bulk_create(
        User(email=f"demo-{number}@example.com", email_key=f"demo-{number}@example.com")
        for number in range(2000)
    )
    Membership.objects.bulk_create(
        Membership(tenant=branches[number % 50], user=user, role="staff") for number, user in enumerate(users)
    )
    assert cost() == few == [3, 2, 2, 3]
    assert client.get(OWN).json()["tenants"] == 51
    assert client.get(OWN).json()["users"] >= 2001


# --- every organization


def test_only_operators_list_the_organizations(member, super_admin, tenant, other_tenant):
    assert problem(member("tenant_admin").get("/organizations")) == (403, "permission_denied")
    branch = branch_of(tenant)
    make_seat(branch)
    make_seat(branch, is_active=False)
    make_seat(branch_of(tenant, status="archived"))
    seats = Membership.objects.filter(tenant__in=[tenant, branch], is_active=True).count()
    body = super_admin.get("/organizations?sortBy=name&limit=100").json()
    assert body["pagination"]["total"] == Organization.objects.count()
    rows = {row["id"]: row for row in body["data"]}
    row = rows[str(tenant.organization_id)]
    assert (row["name"], row["users"], row["tenants"]) == (tenant.organization.name, seats, 2)
    assert row["rootTenant"] == {
        "id": str(tenant.id), "name": tenant.name, "slug": tenant.slug, "status": "active", "gstin": "",
        "stateCode": "",
    }  # fmt: skip
    assert [row["name"] for row in body["data"]] == sorted(row["name"] for row in body["data"])


@pytest.mark.parametrize("text", ["Lone Demo", "demo-lone", GSTIN.lower(), "lone branch"])
def test_organizations_are_found_by_their_names_and_their_tenants(super_admin, tenant, text):
    lone = Organization.objects.create(name="Lone Demo Organization")
    assert super_admin.get("/organizations?search=Lone").json()["data"][0]["rootTenant"] is None
    root = Tenant.objects.create(
        organization=lone, name="Root", slug="demo-lone", schema_name="t_lone", gstin=GSTIN
    )
    branch_of(root, "A Lone Branch")
    body = super_admin.get(f"/organizations?search={text}").json()
    assert [row["id"] for row in body["data"]] == [str(lone.id)]
    assert body["data"][0]["tenants"] == 2


# --- opening


def test_a_sub_tenant_is_opened_with_its_schema_and_the_callers_seat(member, tenant):
    Tenant.objects.filter(id=tenant.id).update(time_zone="Asia/Dubai", country="AE")
    client = member("tenant_admin")
    caller = client.seat
    body = {"name": "Demo Branch", "gstin": GSTIN}
    response = client.post(SUB_TENANTS, body)
    assert response.status_code == 201, response.content
    made = Tenant.objects.get(id=response.json()["id"])
    assert (made.parent_id, made.organization_id) == (tenant.id, tenant.organization_id)
    assert (made.slug, made.gstin, made.state_code, made.status) == ("demo-branch", GSTIN, "27", "active")
    assert (made.time_zone, made.country) == ("Asia/Dubai", "AE")
    assert re.fullmatch(r"t_[a-z0-9]{20}", made.schema_name)
    assert made.schema_name in schemas_like("t_%")
    answer = response.json()
    assert (answer["users"], answer["isCurrent"], answer["isRoot"]) == (1, False, False)
    assert (response["Location"], response["ETag"]) == (SUB_TENANTS, '"1"')
    seat = Membership.objects.get(tenant=made)
    assert (seat.user_id, seat.role, seat.name) == (caller.user_id, "tenant_admin", caller.name)
    with tenant_context(tenant):
        entry = HistoryEntry.objects.get(record_id=made.id)
        assert (entry.action, entry.seat_id, entry.request_id) == (
            "created",
            caller.id,
            response["X-Request-ID"],
        )
        assert entry.changes["name"] == [None, "Demo Branch"]
    with tenant_context(made):
        assert UsageCounter.objects.get(key="users").used == 1
        assert HistoryEntry.objects.get(record_id=seat.id).user_id == caller.user_id
    there = Client(seat)
    assert there.get("/leads").json()["data"] == []
    assert there.get("/leads/meta/statuses").json()["data"] != []
    assert problem(there.post(SUB_TENANTS, {"name": "Demo Twig"})) == (409, "not_root_tenant")


def test_a_named_admin_is_invited_and_the_caller_gets_no_seat(member, tenant):
    client = member("tenant_admin")
    body = {
        "name": "Demo Branch",
        "slug": "demo-north",
        "state": "Karnataka",
        "adminEmail": "demo.admin@example.com",
    }
    response = client.post(SUB_TENANTS, body)
    assert response.status_code == 201, response.content
    made = Tenant.objects.get(slug="demo-north")
    assert (made.state_code, response.json()["users"]) == ("29", 0)
    assert not Membership.objects.filter(tenant=made).exists()
    invitation = Invitation.objects.get(tenant=made)
    assert (invitation.email, invitation.role) == ("demo.admin@example.com", "tenant_admin")
    assert invitation.invited_by is None  # the caller has no seat there
    mail = QueuedEmail.objects.get(template_key="invite", to=["demo.admin@example.com"])
    assert (mail.schema_name, "Demo Branch" in mail.body_text) == (made.schema_name, True)
    token = re.search(r"token=([\w-]+)", mail.body_text)[1]
    password = "correct-horse-battery"
    accepted = Client().post("/users/invites/accept", {"token": token, "password": password})
    assert accepted.status_code == 200, accepted.content
    seat = Membership.objects.get(tenant=made)
    assert (seat.user.email, seat.role) == ("demo.admin@example.com", "tenant_admin")
    with tenant_context(made):
        assert UsageCounter.objects.get(key="users").used == 1


def test_an_operator_with_any_seat_in_the_root_may_open(tenant):
    seat = make_seat(tenant, "staff", user=make_user(is_super_admin=True))
    for body in ({"name": "Demo One"}, {"name": "Demo Two", "adminEmail": "demo.admin@example.com"}):
        assert Client(seat).post(SUB_TENANTS, body).status_code == 201
    assert Invitation.objects.get(tenant__name="Demo Two").role == "tenant_admin"


def test_a_super_admin_without_a_seat_has_no_organization(super_admin):
    before = state()
    for response in (super_admin.get(OWN), super_admin.post(SUB_TENANTS, {"name": "Demo Branch"})):
        assert problem(response) == (403, "tenant_required")
    assert state() == before


def test_who_impersonates_takes_no_seat_but_may_name_an_admin(member):
    client = member("tenant_admin")
    token = AccessToken.issue(client.user, client.seat)
    token["imp"] = str(uuid4())
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    before = state()
    response = client.post(SUB_TENANTS, {"name": "Demo Branch"})
    assert [(one["field"], one["code"]) for one in response.json()["errors"]] == [("adminEmail", "required")]
    assert state() == before
    body = {"name": "Demo Branch", "adminEmail": "demo.admin@example.com"}
    made = client.post(SUB_TENANTS, body).json()
    assert made["users"] == 0
    with tenant_context(client.seat.tenant):
        assert HistoryEntry.objects.get(record_id=made["id"]).impersonated


@pytest.mark.parametrize("role", ["admin", "manager", "staff"])
def test_only_tenant_admins_open(member, role):
    client = member(role)
    before = state()
    assert problem(client.post(SUB_TENANTS, {"name": "Demo Branch"})) == (403, "permission_denied")
    assert state() == before


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "name", "required"),
        ({"name": " "}, "name", "blank"),
        ({"name": "x" * 201}, "name", "max_length"),
        ({"slug": "Demo"}, "slug", "invalid"),
        ({"slug": "demo_north"}, "slug", "invalid"),
        ({"slug": "demo--north"}, "slug", "invalid"),
        ({"slug": "-demo"}, "slug", "invalid"),
        ({"slug": "de"}, "slug", "min_length"),
        ({"slug": "d" * 51}, "slug", "max_length"),
        ({"slug": 12345}, "slug", "invalid"),
        ({"slug": ""}, "slug", "blank"),
        ({"gstin": "27AAPFU0939F1ZX"}, "gstin", "invalid_gstin"),
        ({"state": "Atlantis"}, "state", "invalid_state"),
        ({"gstin": GSTIN, "state": "Karnataka"}, "state", "state_mismatch"),
        ({"adminEmail": "nobody"}, "adminEmail", "invalid_email"),
        ({"parentId": "x"}, "parentId", "unknown_field"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_and_opens_nothing(member, body, field, code):
    client = member("tenant_admin")
    before = state()
    full = {"name": "Demo Branch", **body} if body else body
    response = client.post(SUB_TENANTS, full)
    assert response.status_code == 400
    assert [(one["field"], one["code"]) for one in response.json()["errors"]] == [(field, code)]
    assert state() == before


def test_a_slug_is_there_once(member, other_tenant):
    client = member("tenant_admin")
    before = state()
    response = client.post(SUB_TENANTS, {"name": "Demo Branch", "slug": other_tenant.slug})
    assert problem(response) == (409, "duplicate")
    assert response.json()["errors"][0]["field"] == "slug"
    assert state() == before
    names = [client.post(SUB_TENANTS, {"name": "Demo Branch"}).json() for _ in range(2)]
    assert names[0]["slug"] == "demo-branch"
    assert re.fullmatch(r"demo-branch-[a-z0-9]{8}", names[1]["slug"])


def test_the_plan_limits_sub_tenants_and_archived_ones_do_not_count(member, tenant, plan):
    plan(subTenants=2)
    client = member("tenant_admin")
    branch_of(tenant, status="archived")
    branch_of(tenant, status="suspended")
    assert client.post(SUB_TENANTS, {"name": "Demo Last"}).status_code == 201
    before = state()
    response = client.post(SUB_TENANTS, {"name": "Demo More"})
    assert problem(response) == (403, "plan_limit_reached")
    assert response.json()["limit"] == {"key": "subTenants", "used": 2, "limit": 2}
    assert state() == before


@pytest.mark.parametrize("email", ["", "demo.admin@example.com"])
@pytest.mark.parametrize("spares", [0, 1])
def test_of_one_that_fails_nothing_is_left(committing, committed_tenant, plan, settings, email, spares):
    """The first seat has no place in the plan: the schema was there by then."""
    client = Client(make_seat(committed_tenant, "tenant_admin"))
    settings.SPARE_SCHEMAS = spares
    if spares:
        fill_spares()
    plan(users=0)
    before = state()
    assert before[0][-1] >= spares
    response = client.post(SUB_TENANTS, {"name": "Demo Branch", "adminEmail": email})
    assert problem(response) == (403, "plan_limit_reached")
    assert response.json()["limit"]["key"] == "users"
    assert state() == before
    with tenant_context(committed_tenant):
        assert not HistoryEntry.objects.exists()


def test_of_ten_at_the_limit_one_is_opened(committed_tenant, committing, plan, settings):
    settings.SPARE_SCHEMAS = 1
    fill_spares()  # one that took long would let the others run into the limit of waiting
    plan(subTenants=1)
    clients = [Client(make_seat(committed_tenant, "tenant_admin")) for _ in range(10)]
    spares, schemas = SpareSchema.objects.count(), schemas_like("t_%")
    barrier = Barrier(len(clients))

    def post(client):
        try:
            barrier.wait()
            return problem_or_none(client.post(SUB_TENANTS, {"name": "Demo Branch"}))
        finally:
            leave_tenant()
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(post, clients))
    assert answers.count(None) == 1
    assert answers.count((403, "plan_limit_reached")) == 9
    [made] = Tenant.objects.filter(parent=committed_tenant)
    assert Membership.objects.filter(tenant=made).count() == 1
    assert (SpareSchema.objects.count(), schemas_like("t_%")) == (spares - 1, schemas)


def test_a_keyed_request_opens_once(member, tenant):
    client = member("tenant_admin")
    key = {"Idempotency-Key": "open-the-branch"}
    first, second = (client.post(SUB_TENANTS, {"name": "Demo Branch"}, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotency-Replayed"] == "true"
    assert second.json() == first.json()
    assert Tenant.objects.filter(parent=tenant, name="Demo Branch").count() == 1


def test_a_read_only_tenant_opens_nothing(member, monkeypatch):
    monkeypatch.setattr(entitlements, "_provider", lambda tenant: Entitlements({}, read_only=True))
    client = member("tenant_admin")
    before = state()
    assert problem(client.post(SUB_TENANTS, {"name": "Demo Branch"})) == (402, "subscription_required")
    assert state() == before
    assert client.get(TENANTS).status_code == 200
