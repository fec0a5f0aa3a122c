"""Roles and grants: who may change whose to what, and what a change leaves."""

import pytest

from accounts.grants import DEFAULTS
from accounts.tests.team import field_errors, history_of, problem, state
from nextgenerp.core.tenancy import ACTIONS, MODULES
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat

NOTHING = dict.fromkeys(ACTIONS, False) | {"scope": "own"}


@pytest.fixture
def admin(member):
    return member("tenant_admin")


def put(client, seat, **modules):
    return client.put(f"/users/{seat.id}/permissions", {"permissions": modules})


def test_grants_are_replaced_as_a_whole(admin, tenant):
    seat = make_seat(tenant)
    path = f"/users/{seat.id}/permissions"
    assert admin.get(path).json() == {"role": "staff", "permissions": DEFAULTS["staff"]}
    body = {
        "role": "staff",
        "permissions": {"Leads": {"canEdit": True, "scope": "team"}, "Setup": {"canView": False}},
    }
    response = admin.put(path, body, headers={"If-Match": '"1"'})
    assert response["ETag"] == '"2"'
    expected = dict.fromkeys(MODULES, NOTHING) | {
        "Leads": NOTHING | {"canView": True, "canEdit": True, "scope": "team"}
    }
    assert response.json() == {"role": "staff", "permissions": expected} == admin.get(path).json()
    assert state(seat) == ("staff", expected, True, None, 2)
    [(kind, action, changes)] = history_of(tenant, seat.id)
    assert (kind, action, changes) == ("accounts.Membership", "updated", {"permissions": [None, expected]})
    assert problem(admin.put(path, body, headers={"If-Match": '"1"'})) == (412, "version_mismatch")


def test_they_hold_at_the_next_request(admin, tenant):
    client = Client(make_seat(tenant))
    assert client.get("/leads").status_code == 200
    assert put(admin, client.seat, Customers={"canView": True}).status_code == 200
    assert problem(client.get("/leads")) == (403, "permission_denied")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, ("permissions", "required")),
        ({"permissions": []}, ("permissions", "invalid")),
        ({"permissions": {"Ledgers": {}}}, ("permissions.Ledgers", "unknown_field")),
        ({"permissions": {"leads": {}}}, ("permissions.leads", "unknown_field")),
        ({"permissions": {"Leads": True}}, ("permissions.Leads", "invalid")),
        ({"permissions": {"Leads": {"canFly": True}}}, ("permissions.Leads.canFly", "unknown_field")),
        ({"permissions": {"Leads": {"canView": "yes"}}}, ("permissions.Leads.canView", "invalid")),
        ({"permissions": {"Leads": {"canView": 1}}}, ("permissions.Leads.canView", "invalid")),
        ({"permissions": {"Leads": {"scope": "world"}}}, ("permissions.Leads.scope", "invalid_choice")),
        ({"permissions": {"Leads": {"scope": None}}}, ("permissions.Leads.scope", "invalid_choice")),
        ({"permissions": {"Leads": {"scope": ["all"]}}}, ("permissions.Leads.scope", "invalid_choice")),
    ],
)
def test_what_are_no_grants(admin, tenant, body, error):
    seat = make_seat(tenant)
    assert field_errors(admin.put(f"/users/{seat.id}/permissions", body)) == {error}
    assert state(seat) == ("staff", None, True, None, 1)


def test_nobody_grants_what_they_do_not_hold(member, tenant):
    clerk = member(user_management=["view", "edit"], leads=["view", "edit"], scope="team")
    own = clerk.seat
    seat = make_seat(
        tenant, manager=own, permissions=grants("own", leads=["view"], finance=["view", "delete"])
    )
    kept = {"canView": True, "canDelete": True, "scope": "own"}
    for modules, missing in (
        ({"Leads": {"canDelete": True}}, ["Leads: canDelete"]),
        ({"Leads": {"canView": True, "scope": "all"}}, ["Leads: scope all"]),
        ({"Leads": {"canEdit": True, "scope": "all"}}, ["Leads: scope all"]),
        ({"Finance": {**kept, "canEdit": True}}, ["Finance: canEdit"]),
        ({"Finance": {**kept, "scope": "all"}}, ["Finance: scope all"]),
        ({"Quotations": {"canExport": True}}, ["Quotations: canView", "Quotations: canExport"]),
    ):
        before = state(seat)
        response = put(clerk, seat, **modules)
        assert problem(response) == (403, "permission_denied"), modules
        assert response.json()["beyond"] == missing
        assert state(seat) == before
    # what was there may stay or go, what is held may be given
    assert put(clerk, seat, Leads={"canEdit": True, "scope": "team"}, Finance=kept).status_code == 200
    assert put(clerk, seat).status_code == 200
    # nor to themselves
    response = put(clerk, own, Leads={"canView": True, "canEdit": True, "canDelete": True, "scope": "team"})
    assert problem(response) == (403, "permission_denied")
    assert state(own)[-1] == 1


def test_old_grants_of_a_wide_scope_are_not_widened_by_actions(member, tenant):
    """canView over all records does not make canEdit over all of them something the caller holds."""
    clerk = member(user_management=["view", "edit"], leads=["view", "edit"], scope="team")
    seat = make_seat(tenant, manager=clerk.seat, permissions=grants("all", leads=["view"]))
    response = put(clerk, seat, Leads={"canView": True, "canEdit": True, "scope": "all"})
    assert response.json()["beyond"] == ["Leads: scope all"]
    assert put(clerk, seat, Leads={"canView": True, "scope": "all"}).status_code == 200


def test_a_tenant_admins_are_fixed(admin, tenant):
    seat = make_seat(tenant, "tenant_admin")
    for one in (seat, admin.seat):
        assert problem(put(admin, one, Leads={"canView": True})) == (409, "fixed_permissions")
        assert state(one)[1] is None


def test_a_new_role_brings_its_own_grants(admin, tenant):
    client = Client(make_seat(tenant, permissions=grants("own", leads=["view"])))
    response = admin.patch(f"/users/{client.seat.id}/role", {"role": "manager"})
    assert (response.status_code, response.json()["role"]) == (200, "manager")
    assert state(client.seat) == ("manager", None, True, None, 2)
    assert client.get("/users/me").json()["permissions"] == DEFAULTS["manager"]
    [(_, _, changes)] = history_of(tenant, client.seat.id)
    assert changes["role"] == ["staff", "manager"]
    assert changes["permissions"] == [grants("own", leads=["view"]), None]
    same = admin.patch(f"/users/{client.seat.id}/role", {"role": "manager"})
    assert same.json()["version"] == 2
    assert field_errors(admin.patch(f"/users/{client.seat.id}/role", {"role": "owner"})) == {
        ("role", "invalid_choice")
    }
    assert field_errors(admin.patch(f"/users/{client.seat.id}/role", {})) == {("role", "required")}


def test_nobody_promotes_above_themselves_nor_themselves(member, tenant):
    seat = make_seat(tenant)
    for role, above in (("admin", "tenant_admin"), ("manager", "admin"), ("manager", "tenant_admin")):
        client = member(role)
        below = make_seat(tenant, manager=client.seat)
        assert problem(client.patch(f"/users/{below.id}/role", {"role": above})) == (403, "permission_denied")
        assert problem(client.patch(f"/users/{client.seat.id}/role", {"role": "staff"})) == (
            403,
            "permission_denied",
        )
        assert problem(client.patch(f"/users/{client.seat.id}/role", {"role": above})) == (
            403,
            "permission_denied",
        )
        assert (state(below), state(client.seat)[0]) == (("staff", None, True, client.seat.id, 1), role)
    assert state(seat)[0] == "staff"


def test_a_role_is_not_given_by_who_holds_less_than_it_brings(tenant):
    poor = Client(
        make_seat(tenant, "manager", permissions=grants(user_management=["view", "edit"], leads=["view"]))
    )
    seat = make_seat(tenant)
    response = poor.patch(f"/users/{seat.id}/role", {"role": "manager"})
    assert problem(response) == (403, "permission_denied")
    assert "Leads: canDelete" in response.json()["beyond"]
    assert state(seat)[0] == "staff"
