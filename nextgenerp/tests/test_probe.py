"""Two tenants of the same shape: whatever one's admin sends of the other's ids and words, nothing of the other comes
back, and nothing of the other's changes."""

import json
import re
from itertools import chain

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from nextgenerp.core.api.permissions import SUPER_ADMIN, declared_access
from nextgenerp.core.tenancy import leave_tenant, tenant_context
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.testing import house
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import clear_queues, make_seat, make_tenant, remove_tenant
from nextgenerp.testing.routes import routes

MARK = "Zqxmark"
PNG = b"\x89PNG\r\n\x1a\n" + b"demo" * 8
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NOBODYS = "01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17"
ROUTES = routes()
# What makes a body valid but for the id under test, by path; others are probed on an empty body.
BODIES = house.BODIES | {
    "/users/invite": {"email": "probe@example.com", "role": "staff"},
    # No field of it holds an id; valid bodies would make a schema each.
    "/organizations/sub-tenants": {"slug": "-"},
}
# Fields that hold an id and cannot be told by their names.
ID_FIELDS = re.compile(r"(Id|Ids|^avatar)$")
# Rows of the platform, where an operator sees every tenant, and of nobody in particular.
PLATFORM = ("/email", "/admin", "/health", "/metrics", "/openapi.json", "/docs")


def fill(tenant, mark):
    """A tenant's data, every text of it marked, made as its admin makes it; returns the admin's seat."""
    seat = make_seat(tenant, "tenant_admin")
    client = Client(seat)
    house.fill(client, mark)
    avatar = SimpleUploadedFile(f"{mark}.png", PNG, "image/png")
    changed = client.patch("/users/me", {"avatar": avatar, "firstName": mark}, format="multipart")
    assert changed.status_code == 200
    return seat


@pytest.fixture(scope="module")
def full_tenants(tenants, django_db_blocker):
    """Two full tenants and their admins' seats, committed once: making them takes longer than any probe."""
    with django_db_blocker.unblock():
        mine, theirs = make_tenant("Ownword Works"), make_tenant(f"{MARK} Works")
        seats = fill(mine, "Ownword"), fill(theirs, MARK)
        leave_tenant()
        clear_queues()
    yield seats
    with django_db_blocker.unblock():
        for one in (mine, theirs):
            remove_tenant(one)


@pytest.fixture
def probe(full_tenants, db):
    """``(client, other)``: the admin of one tenant, and the other tenant; both are full."""
    mine, theirs = full_tenants
    return Client(mine), theirs.tenant


@pytest.fixture
def other_admin(full_tenants, db):
    return Client(full_tenants[1])


def contents(tenant):
    """Every row of a tenant's schema and of its rows in public, as text, by table."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [tenant.schema_name])
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{tenant.schema_name}"."{table}" t ORDER BY 1')
            found[table] = [row[0] for row in cursor.fetchall()]
        for table, column in (("tenant", "id"), ("membership", "tenant_id"), ("invitation", "tenant_id")):
            cursor.execute(
                f"SELECT t::text FROM public.{table} t WHERE {column} = %s ORDER BY 1", [tenant.id]
            )
            found[table] = [row[0] for row in cursor.fetchall()]
        users = (
            "SELECT u::text FROM user_account u JOIN membership m ON m.user_id = u.id WHERE tenant_id = %s"
        )
        cursor.execute(users, [tenant.id])
        found["user_account"] = [row[0] for row in cursor.fetchall()]
    return found


def ids_of(tenant):
    """Every id in the newest row of each table of a tenant, and those of itself and its organization."""
    found = {}
    for table, rows in contents(tenant).items():
        for row in rows[-1:]:
            identifiers = UUIDS.findall(row)  # none in django_migrations
            found = dict.fromkeys(identifiers, table) | found | dict.fromkeys(identifiers[:1], table)
    found |= {str(tenant.id): "tenant", str(tenant.organization_id): "organization"}
    return found


def words_of(response):
    """All that came back: status line, headers and body."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    headers = "\n".join(f"{name}: {value}" for name, value in response.items())
    return f"{response.status_code} {response.reason_phrase}\n{headers}\n\n" + body.decode("utf-8", "replace")


def send(client, route, path, body=None):
    """One probe; it fails when a word of the other tenant comes back."""
    raw = b"" if route.method in {"GET", "DELETE"} else json.dumps(body or {}).encode()
    response = client.generic(route.method, path, raw, content_type="application/json")
    words = words_of(response)
    assert MARK.lower() not in words.lower(), f"{route} {path}"
    connection.set_schema_to_public()
    return response, words


@pytest.fixture
def unchanged(probe):
    """The other tenant's rows, and the mails, are the same after the test."""
    _, other = probe
    before = contents(other)
    yield
    after = contents(other)
    assert {table for table in after if after[table] != before[table]} == set()
    assert MARK in str(before)
    assert MARK not in str(list(QueuedEmail.objects.values()))


def is_list(response):
    return response.get("Content-Type") == "application/json" and isinstance(
        response.json().get("data"), list
    )


@pytest.mark.parametrize("route", [one for one in ROUTES if one.names], ids=str)
def test_the_others_ids_in_a_path_are_404(route, probe, unchanged):
    client, other = probe
    for identifier, table in ids_of(other).items():
        response, _ = send(client, route, route.at(identifier))
        if route.path.startswith(PLATFORM):
            assert response.status_code == 403, (identifier, table)
        else:
            assert (response.status_code, response.json()["code"]) == (404, "not_found"), (identifier, table)


LISTS = [
    one for one in ROUTES
    if one.method == "GET" and not one.names and not one.path.startswith(PLATFORM) and one.path != "/"
    and declared_access(one.view, one.action) is not SUPER_ADMIN
]  # fmt: skip


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_the_others_ids_and_words_in_parameters_find_nothing(route, probe, unchanged):
    client, other = probe
    plain, _ = send(client, route, route.path)
    assert plain.status_code in {200, 302, 400, 404, 409, 503}
    for name in sorted(
        route.parameters - {"sortBy", "sortOrder", "page", "limit", "createdFrom", "createdTo"}
    ):
        for value in chain(ids_of(other), [MARK, MARK[:4], f"{MARK}@example.com"]):
            response, words = send(client, route, f"{route.path}?{name}={value}")
            if response.status_code != 200:
                assert response.status_code in {302, 400, 409, 503}
                continue
            if is_list(response):
                assert response.json()["data"] == [], (name, value)
            elif response["Content-Type"].startswith("text/csv"):
                assert words.rpartition("\n\n")[2].count("\n") <= 1, (name, value)


@pytest.mark.parametrize("route", [one for one in ROUTES if one.fields], ids=str)
def test_the_others_ids_in_a_body_do_not_exist(route, probe, unchanged):
    client, other = probe
    own = house.OWN.get(route.path)
    path = route.at(client.get(own).json()["data"][0]["id"] if own else NOBODYS)
    for name in sorted(route.fields):
        for identifier in ids_of(other):
            for value in (identifier, [identifier]):
                body = (BODIES.get(route.path, {}) if route.method == "POST" else {}) | {name: value}
                response, _ = send(client, route, path, body)
                if not ID_FIELDS.search(name) or route.path.startswith(PLATFORM):
                    continue
                assert response.status_code in {400, 403, 404, 409}, (name, value)
                if route.path in {
                    *BODIES,
                    *house.OWN,
                }:  # the rest of the body is fine: it is this field that is not
                    assert response.status_code == 400, (name, value)
                    assert name in {error["field"].partition(".")[0] for error in response.json()["errors"]}


def test_the_probe_sees_what_it_looks_for(probe, other_admin):
    """The other's admin does see the mark on every list it stands on: otherwise the tests above would prove nothing."""
    _, other = probe
    seen = [str(route) for route in LISTS if MARK in words_of(other_admin.get(route.path))]
    assert {"GET /leads", "GET /leads/meta/tags", "GET /leads/export", "GET /users/me"} <= set(seen)
    tables = {table for table, rows in contents(other).items() if MARK in str(rows)}
    assert {
        "lead",
        "lead_tag",
        "lead_company",
        "history",
        "import_failure",
        "stored_file",
        "tenant",
        "membership",
    } <= tables
    assert {"lead", "lead_tag", "lead_company", "import", "stored_file", "membership"} <= set(
        ids_of(other).values()
    )


def test_a_seat_in_two_tenants_sees_each_by_its_own_token(probe):
    mine, other = probe
    there = Client(make_seat(other, "tenant_admin", user=mine.user))
    here = mine
    assert MARK in words_of(there.get("/leads"))
    assert MARK not in words_of(here.get("/leads"))
    with tenant_context(other):
        assert MARK not in words_of(here.get("/leads"))
