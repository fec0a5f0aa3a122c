"""Timelines: a record's history, newest first, page by page, with the names of those who acted."""

import pytest

from nextgenerp.core import history
from nextgenerp.core.api.timeline import TimelineEntrySerializer
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import Actor, tenant_context
from nextgenerp.core.tests import probes
from nextgenerp.core.timeline import history_of, newest_of
from nextgenerp.database.ids import new_id


@pytest.fixture
def note(db):
    return probes.Note.objects.create(name="first")


def timeline(client, note, query=""):
    response = client.get(f"/notes/{note.pk}/activities?{query}")
    assert response.status_code == 200, response.content
    return response.json()


def test_a_timeline_is_the_history_newest_first(full, tenant, note):
    for name in ("second", "third"):
        full.patch(f"/notes/{note.pk}", {"name": name})
    page = timeline(full, note)
    actor = {"id": str(full.seat.id), "name": f"{full.seat.first_name} {full.seat.last_name}"}
    with tenant_context(tenant):
        last = HistoryEntry.objects.filter(record_id=note.pk).latest("id")
    assert page["data"][0] == {
        "id": str(last.id), "kind": "system", "action": "updated", "actor": actor, "impersonated": False,
        "importId": None, "changes": {"name": ["second", "third"]},
        "at": last.created_at.isoformat().replace("+00:00", "Z"),
    }  # fmt: skip
    assert [entry["changes"] for entry in page["data"]] == [
        {"name": ["second", "third"]}, {"name": ["first", "second"]},
    ]  # fmt: skip
    assert set(page["data"][0]) == set(TimelineEntrySerializer().fields)
    assert page["pagination"] == {
        "page": None, "limit": 25, "total": None, "totalPages": None, "nextCursor": None,
    }  # fmt: skip


def test_a_cursor_walks_it_while_it_grows(full, tenant, note):
    changes = [{"n": [number, number + 1]} for number in range(7)]
    with tenant_context(tenant):
        for change in changes:
            history.record(note, "updated", actor=Actor(), changes=change)
    seen, cursor = [], ""
    for _ in range(4):
        page = timeline(full, note, f"limit=2{cursor}")
        seen += [entry["changes"] for entry in page["data"]]
        assert [entry["actor"] for entry in page["data"]] == [None] * len(page["data"])
        cursor = f"&cursor={page['pagination']['nextCursor']}"
        full.patch(f"/notes/{note.pk}", {"name": f"while reading {len(seen)}"})
    assert seen == changes[::-1]
    assert cursor == "&cursor=None"


@pytest.mark.parametrize(
    ("query", "field"),
    [("cursor=x", "cursor"), ("limit=0", "limit"), ("limit=101", "limit"), ("page=1", "page"), ("sortBy=id", "sortBy")],
)  # fmt: skip
def test_what_it_does_not_read_is_refused(full, note, query, field):
    response = full.get(f"/notes/{note.pk}/activities?{query}")
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_nobodys_record_has_none(full, note):
    assert full.get(f"/notes/{new_id()}/activities").status_code == 404
    assert full.get("/notes/1/activities").status_code == 404


def test_it_takes_the_grant_to_view(member, note):
    refused = member(leads=[], customers=["view"]).get(f"/notes/{note.pk}/activities")
    assert (refused.status_code, refused.json()["action"]) == (403, "canView")


def test_a_hundred_entries_cost_what_one_does(full, tenant, note, queries):
    seen = []
    for count in (1, 99):
        with tenant_context(tenant):
            for _ in range(count):
                history.record(note, "updated", actor=Actor(seat_id=full.seat.id))
        with queries() as statements:
            assert len(timeline(full, note, "limit=100")["data"]) == len(seen) * 99 + 1
        seen.append(len(statements))
    assert seen == [4, 4]  # who, the record, its history, names


def test_several_records_make_one_timeline(tenant, note):
    other = probes.Note.objects.create(name="other")
    with tenant_context(tenant):
        made = [history.record(one, "updated", actor=Actor()).id for one in (note, other, note, other)]
        sources = [history_of(note.pk), history_of(other.pk)]
        assert [entry.id for entry in newest_of(sources, None, 3)] == made[:0:-1]
        assert [entry.id for entry in newest_of(sources, made[2], 9)] == [made[1], made[0]]
        assert [entry.id for entry in history_of(note.pk, other.pk)(None, 9)] == made[::-1]
