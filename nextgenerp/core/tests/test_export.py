"""Exports: the whole list as CSV, streamed in batches, one at a time for each tenant."""

import csv
import gc
import io
from datetime import UTC, datetime

import pytest
from django.db import connection

from nextgenerp.core.api import csv_export
from nextgenerp.core.tenancy import current_schema, tenant_today
from nextgenerp.core.tests.probes import Note
from nextgenerp.database.models import DeferredTask
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat

START = datetime(2026, 11, 23, tzinfo=UTC)


def make(*functions):
    DeferredTask.objects.bulk_create(
        DeferredTask(schema_name="public", due_at=START, function=function, attempts=number % 3)
        for number, function in enumerate(functions)
    )


def read(response):
    return list(csv.reader(io.StringIO(b"".join(response).decode("utf-8-sig"))))


def test_an_export_is_the_list(full, tenant):
    make("b", "a", 'a,\n"c"')
    response = full.get("/tasks/export?sortBy=attempts&sortOrder=desc")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    connection.set_tenant(tenant)
    assert response["Content-Disposition"] == f'attachment; filename="tasks-{tenant_today()}.csv"'
    raw = b"".join(response)
    assert raw == (b'\xef\xbb\xbffunction,attempts,claim\r\n"a,\n""c""",2,\r\na,1,\r\nb,0,\r\n')


def test_the_filters_of_the_list_hold(full):
    make("a", "b", "a")
    assert read(full.get("/tasks/export?function=a")) == [
        ["function", "attempts", "claim"],
        ["a", "0", ""],
        ["a", "2", ""],
    ]


def test_a_parameter_it_does_not_know_exports_nothing(full):
    for query in ("functio=a", "page=1", "limit=5"):
        assert full.get(f"/tasks/export?{query}").json()["code"] == "unknown_parameter"


@pytest.mark.parametrize("sort", ["function", "attempts", "claim", "createdAt"])
def test_batches_leave_no_row_out_and_repeat_none(full, monkeypatch, sort):
    monkeypatch.setattr(csv_export, "BATCH", 7)
    make(*(f"f{number:03}" for number in range(50)))
    for direction in ("asc", "desc"):
        rows = read(full.get(f"/tasks/export?sortBy={sort}&sortOrder={direction}"))[1:]
        assert sorted(row[0] for row in rows) == [f"f{number:03}" for number in range(50)]


def test_each_batch_is_one_query_and_leaves_the_tenant(full, queries, monkeypatch):
    monkeypatch.setattr(csv_export, "BATCH", 10)
    make(*(f"f{number}" for number in range(35)))
    stream = iter(full.get("/tasks/export"))
    next(stream)
    with queries() as seen:
        for _ in stream:
            assert current_schema() == "public"
    assert len([sql for sql in seen if "deferred_task" in sql]) == 4


def test_formulas_are_neutralised(full):
    make("=1+1", "+919876543210", "@x", "plain", "-5")
    cells = [row[0] for row in read(full.get("/tasks/export"))[1:]]
    assert sorted(cells) == sorted(["'=1+1", "+919876543210", "'@x", "plain", "-5"])


@pytest.fixture
def committed(committed_tenant, django_db_blocker):
    """A client outside any transaction: closing an answer ends the request, and with it a test's connection."""
    with django_db_blocker.unblock():
        yield Client(make_seat(committed_tenant, permissions=grants(leads=["export"])))


def test_a_second_export_waits_for_the_first(committed, tenants):
    running = committed.get("/tasks/export")
    refused = committed.get("/tasks/export")
    assert (refused.status_code, refused.json()["code"], refused["Retry-After"]) == (
        429,
        "rate_limited",
        "10",
    )
    running.close()
    again = committed.get("/tasks/export")
    assert read(again) == [["function", "attempts", "claim"]]
    again.close()


def test_another_tenant_does_not_wait(committed, tenants):
    running = committed.get("/tasks/export")
    seat = make_seat(tenants[1], permissions=grants(leads=["export"]))
    elsewhere = Client(seat).get("/tasks/export")
    assert elsewhere.status_code == 200
    running.close()
    elsewhere.close()
    user = seat.user
    seat.delete()
    user.delete()


def test_an_export_that_was_never_closed_frees_its_place(committed):
    response = committed.get("/tasks/export")
    assert response.status_code == 200
    del response
    gc.collect()
    committed.get("/tasks/export").close()
    assert committed.get("/tasks/export").status_code == 200


def test_an_export_needs_its_own_grant(member):
    assert (
        member(leads=["view", "create", "edit", "delete"]).get("/tasks/export").json()["action"]
        == "canExport"
    )


def test_instants_are_utc(full):
    Note.objects.all().update(created_at=START)
    rows = read(full.get("/notes/export"))
    assert {row[1] for row in rows[1:]} == {"2026-11-23T00:00:00Z"}
