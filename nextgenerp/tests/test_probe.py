"""Two tenants of the same shape: whatever one's admin sends of the other's ids and words, nothing of the other comes
back, and nothing of the other's changes."""

import json
import re
from itertools import chain

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from rest_framework.serializers import ListField, ManyRelatedField

from crm.api.filters.tags import TagsFilter
from nextgenerp.core.api.fields import RecordIdField, RecordIdsField, SeatIdField
from nextgenerp.core.api.filters import IdsFilter
from nextgenerp.core.api.permissions import SUPER_ADMIN, declared_access
from nextgenerp.core.tenancy import leave_tenant, tenant_context
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.testing import house
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import clear_queues, make_seat, make_tenant, remove_tenant
from nextgenerp.testing.routes import routes
from nextgenerp.testing.rows import rows_of

MARK = "Zqxmark"
PNG = b"\x89PNG\r\n\x1a\n" + b"demo" * 8
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TAKE_IDS = (IdsFilter, TagsFilter, RecordIdField, RecordIdsField, SeatIdField)
NOBODYS = "01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17"
ROUTES = routes()
# What makes a body valid but for the id under test, by path; others are probed on an empty body.
BODIES = house.BODIES | {
    "/users/invite": {"email": "probe@example.com", "role": "staff"},
    # No field of it holds an id; valid bodies would make a schema each.
    "/organizations/sub-tenants": {"slug": "-"},
}
# Fields and parameters that take an id. Any other is a text, a number, a choice or a day: to them a lead's id is a
# text like a deal's, and all go together.
ID_FIELDS = re.compile(r"(Id|Ids|^avatar|^assignedTo)$")
PLAIN = {"sortBy", "sortOrder", "page", "limit", "createdFrom", "createdTo"}
# Which rows in public are a tenant's.
OF_A_TENANT = {
    "tenant": "id = %s",
    "membership": "tenant_id = %s",
    "invitation": "tenant_id = %s",
    "user_account": "id IN (SELECT user_id FROM membership WHERE tenant_id = %s)",
}
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
    found = {table: rows for (_, table), rows in rows_of(tenant.schema_name).items()}
    with connection.cursor() as cursor:
        for table, condition in OF_A_TENANT.items():
            cursor.execute(f"SELECT t::text FROM public.{table} t WHERE {condition} ORDER BY 1", [tenant.id])
            found[table] = [row[0] for row in cursor.fetchall()]
    return found


def ids_in(found, tenant):
    """``{id: table}``: the newest row's of each table of a tenant's contents, what else it has that looks like one and
    is no row's, and those of the tenant and its organization."""
    rows_ids = {one for rows in found.values() for row in rows for one in UUIDS.findall(row)[:1]}
    identifiers = {}
    for table, rows in found.items():
        for row in rows[-1:]:
            own, *others = UUIDS.findall(row) or [None]  # none in django_migrations
            identifiers |= {own: table} if own else {}
            identifiers |= dict.fromkeys(set(others) - rows_ids, table)
    return identifiers | {str(tenant.id): "tenant", str(tenant.organization_id): "organization"}


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
def others_ids(probe):
    """The other tenant's ids; its rows, and the mails, are the same after the test."""
    _, other = probe
    before = contents(other)
    yield ids_in(before, other)
    after = contents(other)
    assert {table for table in after if after[table] != before[table]} == set()
    assert MARK in str(before)
    assert MARK not in str(list(QueuedEmail.objects.values()))


def filters_of(route):
    filterset = getattr(route.view, "filterset_class", None)
    return filterset.base_filters if filterset else {}


def is_list(response):
    return response.get("Content-Type") == "application/json" and isinstance(
        response.json().get("data"), list
    )


@pytest.mark.parametrize("route", [one for one in ROUTES if one.names], ids=str)
def test_the_others_ids_in_a_path_are_404(route, probe, others_ids):
    client, _ = probe
    for identifier, table in others_ids.items():
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


def test_every_parameter_and_field_of_an_id_is_known_by_its_name():
    """By the class of its filter or field, as far as that tells; the tests below send each every id."""
    taken = {
        name
        for route in ROUTES
        for name, one in chain(filters_of(route).items(), route.fields.items())
        if isinstance(one, TAKE_IDS)
    }
    assert {"customerId", "tagIds", "ownerId"} <= taken
    assert [name for name in taken if not ID_FIELDS.search(name)] == []


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_the_others_ids_and_words_in_parameters_find_nothing(route, probe, others_ids):
    client, _ = probe
    plain, _ = send(client, route, route.path)
    assert plain.status_code in {200, 302, 400, 404, 409, 503}
    one, *_ = others_ids
    together = ",".join(others_ids)
    for name in sorted(route.parameters - PLAIN):
        # Such a filter finds what any of the ids finds, so that they may go together.
        takes_many = isinstance(filters_of(route).get(name), (IdsFilter, TagsFilter))
        alone = others_ids if ID_FIELDS.search(name) and not takes_many else [one]
        for value in chain(alone, [together, MARK, MARK[:4], f"{MARK}@example.com"]):
            response, words = send(client, route, f"{route.path}?{name}={value}")
            if response.status_code != 200:
                assert response.status_code in {302, 400, 409, 503}
                assert not takes_many
                continue
            if is_list(response):
                assert response.json()["data"] == [], (name, value)
            elif response["Content-Type"].startswith("text/csv"):
                assert words.rpartition("\n\n")[2].count("\n") <= 1, (name, value)


def id_fields(route):
    """``{name: whether it takes a list}`` of the fields of a body that take ids."""
    return {
        name: isinstance(field, (RecordIdsField, ListField, ManyRelatedField))
        for name, field in route.fields.items()
        if ID_FIELDS.search(name)
    }


def is_else_fine(route):
    """Whether a body made of BODIES is good but for the fields under test."""
    return route.path in {*BODIES, *house.OWN} and not route.path.startswith(PLATFORM)


@pytest.fixture
def send_body(route, probe):
    """``send_body(body)``: the answer, and the names of the fields it refuses. The rest of the body is of BODIES, the
    path of OWN."""
    client, _ = probe
    own = house.OWN.get(route.path)
    path = route.at(client.get(own).json()["data"][0]["id"] if own else NOBODYS)
    valid = BODIES.get(route.path, {}) if route.method == "POST" else {}

    def send_it(body):
        response, _ = send(client, route, path, valid | body)
        errors = response.json().get("errors", []) if response.status_code == 400 else []
        return response.status_code, {error["field"].partition(".")[0] for error in errors}

    return send_it


@pytest.fixture
def refused(route, send_body):
    """``refused(body)``: the names of the fields a body is refused for."""

    def assert_refused(body):
        status, names = send_body(body)
        if not route.path.startswith(PLATFORM):
            assert status in ({400} if is_else_fine(route) else {400, 403, 404, 409}), body
        return names

    return assert_refused


@pytest.mark.parametrize("route", [one for one in ROUTES if id_fields(one)], ids=str)
def test_the_others_ids_in_a_body_do_not_exist(route, others_ids, refused):
    fields = id_fields(route)
    for identifier in others_ids:
        body = {name: [identifier] if many else identifier for name, many in fields.items()}
        unnamed = set(body) - refused(body)  # hidden behind the refusal of others, or let in
        for name in unnamed if is_else_fine(route) else ():
            assert name in refused({name: body[name]}), (name, identifier)
    one, *_ = others_ids
    for name, many in fields.items():
        for value in (one if many else [one], list(others_ids)):
            names = refused({name: value})
            assert name in names or not is_else_fine(route), (name, value)


@pytest.mark.parametrize("route", [one for one in ROUTES if set(one.fields) - set(id_fields(one))], ids=str)
def test_the_others_ids_as_other_values_bring_nothing(route, others_ids, send_body):
    for value in (next(iter(others_ids)), ",".join(others_ids), list(others_ids)):
        body = dict.fromkeys(set(route.fields) - set(id_fields(route)), value)
        while body:  # until those are left that take such a value
            _, wrong = send_body(body)
            if not wrong & set(body):
                break
            body = dict.fromkeys(set(body) - wrong, value)


def test_the_probe_sees_what_it_looks_for(probe, other_admin):
    """The other's admin does see the mark on every list it stands on: otherwise the tests above would prove nothing."""
    _, other = probe
    seen = [str(route) for route in LISTS if MARK in words_of(other_admin.get(route.path))]
    assert {"GET /leads", "GET /leads/meta/tags", "GET /leads/export", "GET /users/me"} <= set(seen)
    found = contents(other)
    tables = {table for table, rows in found.items() if MARK in str(rows)}
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
        ids_in(found, other).values()
    )


def test_a_seat_in_two_tenants_sees_each_by_its_own_token(probe):
    mine, other = probe
    there = Client(make_seat(other, "tenant_admin", user=mine.user))
    here = mine
    assert MARK in words_of(there.get("/leads"))
    assert MARK not in words_of(here.get("/leads"))
    with tenant_context(other):
        assert MARK not in words_of(here.get("/leads"))
