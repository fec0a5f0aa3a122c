"""Every served endpoint against every kind of caller: what each gets is computed from the published auth column.

The expected answers come from docs/endpoints.tsv and the roles' published defaults, never from the code under test.
"""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.cache import cache

from accounts.models import Tenant
from accounts.tokens import AccessToken
from nextgenerp.core.api import published
from nextgenerp.core.tenancy import ACTIONS, MODULES
from nextgenerp.testing import house
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat, make_tenant, make_user
from nextgenerp.testing.rows import counts_of

NOBODYS = UUID("01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17")
SERVED = [row for row in published.rows().values() if row.served]
GUARDED = [row for row in SERVED if row.auth not in {"Public", "Private"}]
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
# Plain Auth in these sections is guarded by a module (conventions, Auth column).
SECTIONS = {"finance": "Finance", "inventory": "Inventory", "payment": "Finance"}
VERBS = {"GET": "canView", "POST": "canCreate", "PUT": "canEdit", "PATCH": "canEdit", "DELETE": "canDelete"}
# Rows of a user rather than of a seat: a platform operator without a seat calls them, a suspended tenant does not close
# those that lead out of it.
OF_USERS = {"/users/me", "/users/me/change-password", "/auth/tenants", "/auth/switch-tenant", "/auth/logout"}
# and the password is the user's own, in whatever tenant.
WAYS_OUT = {"/auth/tenants", "/auth/switch-tenant", "/auth/logout", "/users/me/change-password"}
# What an allowed caller gets for an empty body, where that is not: 404 for an id of nobody's, 200 for a GET, 400 else.
EMPTY_BODY = house.EMPTY_BODY | {
    ("PATCH", "/users/me"): 200,
    ("POST", "/auth/logout"): 204,
    ("POST", "/users/import"): 415,
}
# Rows whose description narrows what their auth column says.
NARROWED = {("GET", "/organizations"): "Super Admin"}
DOCUMENTS = ("Leads", "Customers", "Quotations", "Proforma Invoices", "Sales Orders")
ROLES = {  # spec: identity, Defaults
    "tenant_admin": lambda module, action: True,
    "admin": lambda module, action: True,
    "manager": lambda module, action: (module, action) not in {
        ("User Management", "canCreate"), ("User Management", "canDelete"), ("Setup", "canDelete")
    },
    "staff": lambda module, action: (
        (module in DOCUMENTS and action in {"canView", "canCreate", "canEdit"})
        or (module, action) == ("Dashboard", "canView")
        or module in {"Finance", "Inventory"}
    ),
}  # fmt: skip
WRITES = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|TRUNCATE|CREATE|ALTER|DROP|WITH .*(INSERT|UPDATE|DELETE))", re.IGNORECASE
)


def name_of(row):
    return f"{row.method} {row.path}"


def requirement(row):
    """``("grant", module, action)``, ``("roles", names)``, ``("operator",)`` or ``("member",)``."""
    auth = NARROWED.get((row.method, row.path)) or re.sub(r" ?(Limit|Feature: \w+)", "", row.auth)
    if auth == "Super Admin":
        return ("operator",)
    if match := re.fullmatch(r"(.+): (can\w+)", auth):
        return ("grant", *match.groups())
    if " / " in auth:
        return ("roles", tuple(auth.split(" / ")))
    if module := SECTIONS.get(row.path.split("/")[1]):
        return ("grant", module, "canExport" if row.path.endswith("/export") else VERBS[row.method])
    return ("member",)


def allowed(row):
    """The status an allowed caller gets for nobody's ids and an empty body."""
    return EMPTY_BODY.get((row.method, row.path)) or (
        404 if ":" in row.path else 200 if row.method == "GET" else 400
    )


def call(client, row):
    path = re.sub(r":\w+", str(NOBODYS), row.path)
    response = client.generic(
        row.method, path, b"" if row.method in {"GET", "DELETE"} else b"{}", "application/json"
    )
    if getattr(response, "streaming", False):
        for (
            close
        ) in response._resource_closers:  # not the response: that would end the connection of the test
            close()
        return response.status_code, None
    body = response.content
    code = response.json().get("code") if body and response.status_code >= 400 else None
    return response.status_code, code


def every(*without):
    """A full map of grants, apart from some ``(module, action)``."""
    return {
        module: {action: (module, action) not in without for action in ACTIONS} | {"scope": "all"}
        for module in MODULES
    }


def only(module, action):
    return {
        one: {name: (one, name) == (module, action) for name in ACTIONS} | {"scope": "all"} for one in MODULES
    }


def expired(client):
    token = AccessToken.issue(client.user, client.seat)
    token.set_exp(lifetime=-timedelta(seconds=1))
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


FORBIDDEN = (403, "permission_denied")


@pytest.fixture(scope="module")
def more_tenants(tenants, django_db_blocker):
    """A sub-tenant of the first and a suspended tenant, committed once for all cells."""
    with django_db_blocker.unblock():
        found = {
            one.name: one
            for one in Tenant.objects.filter(name__in=["Matrix Demo Branch", "Matrix Demo Suspended"])
        }
        branch = found.get("Matrix Demo Branch") or make_tenant("Matrix Demo Branch", parent=tenants[0])
        suspended = found.get("Matrix Demo Suspended") or make_tenant("Matrix Demo Suspended")
        Tenant.objects.filter(pk=suspended.pk).update(status="suspended")
        suspended.refresh_from_db()
    return branch, suspended


def cells(row, tenant, other, branch, suspended):
    """``(who, client, expected answer)`` of a row."""
    need = requirement(row)
    fine = (allowed(row), None)

    def for_member(has_grant, role):
        if need[0] == "operator":
            return FORBIDDEN
        if need[0] == "roles":
            return fine if role in need[1] else FORBIDDEN
        return fine if need[0] == "member" or has_grant(*need[1:]) else FORBIDDEN

    yield "anonymous", Client(), (401, "not_authenticated")
    yield "expired token", expired(Client(make_seat(tenant))), (401, "token_expired")
    yield "no grant", Client(make_seat(tenant, permissions=grants())), for_member(lambda *_: False, "staff")
    for role, has in ROLES.items():
        yield role, Client(make_seat(tenant, role)), for_member(has, role)
    yield (
        "other tenant",
        Client(make_seat(other, "tenant_admin")),
        for_member(lambda *_: True, "tenant_admin"),
    )
    yield (
        "sub-tenant admin",
        Client(make_seat(branch, "tenant_admin")),
        for_member(lambda *_: True, "tenant_admin"),
    )
    closed = fine if row.path in WAYS_OUT else (403, "tenant_suspended")
    yield "suspended tenant", Client(make_seat(suspended, "tenant_admin")), closed
    operator = fine if need[0] == "operator" or row.path in OF_USERS else (403, "tenant_required")
    yield "super-admin", Client(user=make_user(is_super_admin=True)), operator
    if need[0] == "grant":
        module, action = need[1:]
        yield "right grant only", Client(make_seat(tenant, permissions=only(module, action))), fine
        # Any grant of a module implies that it may be viewed, so without canView there is none of that module.
        without = [(module, one) for one in ACTIONS] if action == "canView" else [(module, action)]
        yield "all other grants", Client(make_seat(tenant, permissions=every(*without))), FORBIDDEN


@pytest.mark.parametrize("row", GUARDED, ids=name_of)
def test_every_caller_gets_what_the_published_list_says(row, tenant, other_tenant, more_tenants, queries):
    wrong = {}
    for who, client, (status, code) in cells(row, tenant, other_tenant, *more_tenants):
        with queries() as seen:
            answer = call(client, row)
        if answer != (status, code or answer[1]):
            wrong[who] = (answer, (status, code))
        if status in {401, 403}:
            assert [sql for sql in seen if WRITES.match(sql)] == [], who
    assert wrong == {}


@pytest.mark.parametrize("row", [row for row in SERVED if row.auth == "Public"], ids=name_of)
def test_public_rows_ask_for_no_token_and_ignore_a_bad_one(row, tenant):
    for client in (Client(), expired(Client(make_seat(tenant)))):
        status, code = call(client, row)
        assert status not in {403, 405, 404, 415}
        assert status != 401 or code in {"invalid_credentials", "token_revoked", "not_authenticated"}
        assert code not in {"token_expired", "permission_denied"}


def test_all_refusals_together_write_nothing(tenant, other_tenant, more_tenants):
    clients = [
        Client(), expired(Client(make_seat(tenant))), Client(make_seat(tenant, permissions=grants())),
        Client(make_seat(more_tenants[1], "tenant_admin")),
    ]  # fmt: skip
    before = counts_of("public", tenant.schema_name, more_tenants[1].schema_name)
    refused = 0
    for client in clients:
        for row in GUARDED:
            if requirement(row)[0] != "member":
                status, _ = call(client, row)
                assert status in {401, 403}, (row, status)
                refused += 1
    assert refused > 50
    assert counts_of("public", tenant.schema_name, more_tenants[1].schema_name) == before


@pytest.mark.parametrize("path", sorted({row.path for row in SERVED}))
def test_a_wrong_verb_is_405_and_names_the_right_ones(path, tenant, queries):
    """For everybody alike, before anybody is asked who they are."""
    right = {row.method for row in SERVED if row.path == path}
    for method in sorted(METHODS - right):
        with queries() as seen:
            response = Client().generic(method, re.sub(r":\w+", str(NOBODYS), path))
        assert response.status_code == 405, method
        assert response.json()["code"] == "method_not_allowed"
        assert set(response["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == right
        assert seen == []


@pytest.mark.parametrize("row", [row for row in GUARDED if ":" in row.path], ids=name_of)
def test_an_id_that_is_nobodys_or_no_id_is_404(row, tenant):
    operator = requirement(row) == ("operator",)
    client = (
        Client(user=make_user(is_super_admin=True)) if operator else Client(make_seat(tenant, "tenant_admin"))
    )
    for identifier in ("1", "nothing", str(NOBODYS), NOBODYS.hex, "%00", "../1", "'", "9" * 300):
        path = re.sub(r":\w+", identifier, row.path)
        body = b"" if row.method == "DELETE" else b"{}"
        response = client.generic(row.method, path, body, "application/json")
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), identifier


@pytest.fixture(autouse=True)
def no_windows():
    cache.clear()


def test_the_requirements_are_read_from_the_list():
    """The parser of the auth column, on rows of each kind."""

    def of(method, path):
        return requirement(published.rows()[method, path])

    assert of("POST", "/leads") == ("grant", "Leads", "canCreate")
    assert of("GET", "/payment/config") == ("operator",)
    assert of("GET", "/finance/expenses/export") == ("grant", "Finance", "canExport")
    assert of("POST", "/inventory/products") == ("grant", "Inventory", "canCreate")
    assert of("POST", "/organizations/sub-tenants") == ("roles", ("tenant_admin", "super_admin"))
    assert of("GET", "/users/me") == ("member",)


@pytest.mark.parametrize(
    "change", ["deactivated seat", "deactivated user", "new token version", "another user's seat"]
)
def test_a_token_holds_only_as_long_as_its_seat(change, tenant):
    client = Client(make_seat(tenant, "tenant_admin"))
    assert client.get("/leads").status_code == 200
    if change == "deactivated seat":
        client.seat.is_active = False
        client.seat.save()
    elif change == "deactivated user":
        client.user.is_active = False
        client.user.save()
    elif change == "new token version":
        client.user.token_version += 1
        client.user.save()
    else:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.issue(make_user(), client.seat)}")
    expected = (403, "account_deactivated") if change.startswith("deactivated") else (401, "token_revoked")
    response = client.get("/leads")
    assert (response.status_code, response.json()["code"]) == expected


def test_the_tenant_comes_from_the_token_alone(tenant, other_tenant):
    """No header, host, parameter or body changes it."""
    client = Client(make_seat(tenant, "tenant_admin"))
    headers = {
        "X-Tenant": other_tenant.schema_name, "X-Tenant-Id": str(other_tenant.id), "X-Schema": other_tenant.schema_name,
        "Host": "localhost", "X-Forwarded-Host": f"{other_tenant.slug}.localhost",
        "Cookie": f"tenant={other_tenant.id}",
    }  # fmt: skip
    assert client.get("/users/me", headers=headers).json()["tenant"]["id"] == str(tenant.id)
    for parameter in ("tenant", "tenantId", "schema"):
        assert client.get(f"/leads?{parameter}={other_tenant.id}").json()["code"] == "unknown_parameter"
