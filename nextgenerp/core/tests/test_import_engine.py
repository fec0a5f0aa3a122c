"""The parts of the import engine that need no resource of an app."""

import csv
import io
import uuid
from decimal import Decimal

import pytest
from django.db import DataError, connection
from hypothesis import given
from hypothesis import strategies as st

from nextgenerp.core import entitlements
from nextgenerp.core.api.imports import cell_text
from nextgenerp.core.csv_cells import neutralise, restore
from nextgenerp.core.exceptions import Forbidden, Invalid, SubscriptionRequired
from nextgenerp.core.imports.actors import load_actor, who
from nextgenerp.core.imports.engine import RowList
from nextgenerp.core.imports.failures import line_of
from nextgenerp.core.imports.options import ImportOptions
from nextgenerp.core.imports.tables import copy_history, copy_rows, update_rows
from nextgenerp.core.models import HistoryEntry, Import, StoredFile
from nextgenerp.core.tenancy import Actor, enter_tenant
from nextgenerp.database.ids import new_id
from nextgenerp.testing.factories import grants, make_seat

AWKWARD = ["", "a\tb", "a\\nb", "new\nline", "\\N", "नमस्ते", "'; DROP TABLE lead; --", "{}", '"quoted"']


def test_copied_rows_are_what_was_given(tenant):
    enter_tenant(tenant)
    names = [field.name for field in StoredFile._meta.fields]
    rows = [
        (
            new_id(),
            "seat",
            new_id(),
            text,
            str(number),
            "text/plain",
            number,
            "",
            None,
            "2026-01-01T00:00:00Z",
        )
        for number, text in enumerate(AWKWARD)
    ]
    copy_rows(StoredFile, names, rows)
    assert list(StoredFile.objects.order_by("size").values_list("id", "name", "size", "seat_id")) == [
        (row[0], row[3], row[6], None) for row in rows
    ]


def test_a_copy_that_the_database_refuses_is_a_database_error(tenant):
    enter_tenant(tenant)
    with pytest.raises(DataError):
        copy_rows(StoredFile, ("id", "size"), [(new_id(), "many")])


def test_updated_rows(tenant):
    enter_tenant(tenant)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE stored_file ADD version integer DEFAULT 1, ADD updated_at timestamptz")
    rows = [
        StoredFile(record_type="seat", record_id=new_id(), name="", path=text, size=1)
        for text in ("a", "b", "c")
    ]
    StoredFile.objects.bulk_create(rows)
    seat = new_id()
    changed = [(rows[0].id, AWKWARD[3], seat, 7), (rows[2].id, AWKWARD[6], None, 8)]
    update_rows(StoredFile, ("name", "seat_id", "size"), changed)
    assert list(StoredFile.objects.order_by("path").values_list("name", "seat_id", "size")) == [
        (AWKWARD[3], seat, 7), ("", None, 1), (AWKWARD[6], None, 8),
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT version, updated_at IS NULL FROM stored_file ORDER BY path")
        assert cursor.fetchall() == [(2, False), (1, True), (2, False)]


def test_copied_history(tenant):
    enter_tenant(tenant)
    actor = Actor(user_id=new_id(), seat_id=new_id(), impersonated=True, request_id="one")
    record, batch = new_id(), new_id()
    now = HistoryEntry(record_id=record)._meta.get_field("created_at").to_python("2026-01-01T00:00:00+00:00")
    copy_history(
        Import, "updated", [(record, '{"city": ["", "Pune"]}')], actor=actor, import_id=batch, now=now
    )
    entry = HistoryEntry.objects.get(record_id=record)
    assert (entry.record_type, entry.action, entry.changes) == (
        "core.Import",
        "updated",
        {"city": ["", "Pune"]},
    )
    assert (entry.user_id, entry.seat_id) == (actor.user_id, actor.seat_id)
    assert (entry.import_id, entry.created_at) == (batch, now)
    assert (entry.impersonated, entry.request_id) == (True, "one")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "true"), (False, "false"), (12, "12"), (Decimal("1E+3"), "1000"), (Decimal("1.50"), "1.50"),
        ("text", "text"), ("=1+1", "'=1+1"), (["VIP", "Hot"], "VIP; Hot"), ([], ""),
    ],
)  # fmt: skip
def test_json_values_as_cells(value, text):
    assert cell_text(value) == text


@pytest.mark.parametrize("value", [{}, [1], [["a"]], 1.5])
def test_json_values_that_are_no_cells(value):
    with pytest.raises(Invalid):
        cell_text(value)


def test_rows_of_a_request():
    rows = list(RowList(("a", "b"), [["1", ""], ["", ""], ["", "2"]]).rows())
    assert [(row.line, row.cells, row.is_blank) for row in rows] == [
        (1, ["1", ""], False), (2, [], True), (3, ["", "2"], False),
    ]  # fmt: skip


def test_options_survive_json():
    options = ImportOptions(True, "update", ("email",), ("tags",), "dmy")
    assert ImportOptions.from_json(options.to_json()) == options


@given(st.lists(st.text(), min_size=3, max_size=5))
def test_lines_of_the_error_file_mean_what_was_uploaded(cells):
    batch = Import(headers=["Name", "ERROR", "City"])
    line = line_of(batch, [0, 2], cells, [{"column": "Name", "detail": "=wrong"}])
    out = io.StringIO()
    csv.writer(out).writerow(line)
    read = next(csv.reader(io.StringIO(out.getvalue(), newline="")), [])
    assert read == line
    kept = [cells[0], cells[2], *cells[3:]]
    assert [restore(cell) for cell in [*line[:2], *line[3:]]] == [restore(cell) for cell in kept]
    assert line[2] == "Name: =wrong"
    assert all(neutralise(restore(cell)) == cell for cell in line)


def test_the_actor_of_a_later_slice_has_the_grants_of_now(tenant):
    enter_tenant(tenant)
    seat = make_seat(tenant, permissions=grants("own", leads=["create"]))
    state = who(Actor(user_id=seat.user_id, seat_id=seat.id, request_id="one"))
    actor = load_actor(state, "Leads", ["canCreate"])
    assert (actor.seat_id, actor.user_id, actor.request_id) == (seat.id, seat.user_id, "one")
    assert actor.scope("Leads") == "own"
    with pytest.raises(Forbidden, match="canEdit"):
        load_actor(state, "Leads", ["canCreate", "canEdit"])
    seat.user.is_active = False
    seat.user.save()
    with pytest.raises(Forbidden, match="no longer active"):
        load_actor(state, "Leads", ["canCreate"])


def test_nobody_acts_in_a_tenant_that_is_read_only(tenant):
    enter_tenant(tenant)
    provider = entitlements._provider
    entitlements.answer_with(lambda tenant: entitlements.Entitlements({}, read_only=True))
    try:
        with pytest.raises(SubscriptionRequired):
            load_actor(who(Actor(user_id=uuid.uuid4())), "Leads", [])
    finally:
        entitlements.answer_with(provider)
