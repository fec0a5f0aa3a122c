"""Versions: shown as ETags, held against If-Match, one higher for each change and for nothing else."""

import threading

import pytest
from django.db import connection

from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.core.tests import probes
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat


@pytest.fixture
def note(db):
    return probes.Note.objects.create(name="first")


def history(tenant, note):
    with tenant_context(tenant):
        return list(
            HistoryEntry.objects.filter(record_id=note.pk).order_by("id").values_list("action", "changes")
        )


def test_every_single_resource_has_one(full, note):
    created = full.post("/notes", {"name": "new"})
    assert created["ETag"] == '"1"'
    assert created["Location"] == f"/notes/{created.json()['id']}"
    assert full.get(created["Location"])["ETag"] == '"1"'
    assert "ETag" not in full.get("/notes")


@pytest.mark.parametrize("sent", ['"1"', 'W/"1"', '"7", "1"', "*", " * "])
def test_a_version_that_holds(full, tenant, note, sent):
    response = full.patch(f"/notes/{note.pk}", {"name": "second"}, headers={"If-Match": sent})
    assert (response.status_code, response["ETag"]) == (200, '"2"')
    assert history(tenant, note) == [("updated", {"name": ["first", "second"]})]


@pytest.mark.parametrize("sent", ['"2"', '"0"', "1", '""', "garbage", '"01"'])
@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_version_that_does_not(full, tenant, note, method, sent):
    response = getattr(full, method)(f"/notes/{note.pk}", {"name": "second"}, headers={"If-Match": sent})
    assert (response.status_code, response.json()["code"]) == (412, "version_mismatch")
    assert response.json()["version"] == 1
    note.refresh_from_db()
    assert (note.name, note.version) == ("first", 1)
    assert history(tenant, note) == []


def test_a_change_that_changes_nothing_keeps_the_version(full, tenant, note):
    response = full.patch(f"/notes/{note.pk}", {"name": "first"})
    assert (response.status_code, response["ETag"]) == (200, '"1"')
    assert history(tenant, note) == []


def test_no_304(full, note):
    assert full.get(f"/notes/{note.pk}", headers={"If-None-Match": '"1"'}).status_code == 200


def test_of_two_at_once_one_is_first(committed_tenant, django_db_blocker):
    """Eight threads change version 1 of a record: one may."""
    with django_db_blocker.unblock():
        client = Client(make_seat(committed_tenant, permissions=grants(leads=["edit"])))
        note = probes.Note.objects.create(name="first")
        barrier = threading.Barrier(8)
        answers = []

        def change(number):
            barrier.wait(timeout=30)
            answers.append(
                client.patch(f"/notes/{note.pk}", {"name": f"by {number}"}, headers={"If-Match": '"1"'})
            )
            connection.close()

        threads = [threading.Thread(target=change, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        note.refresh_from_db()
        entries = history(committed_tenant, note)
        note.delete()
    assert sorted(one.status_code for one in answers) == [200] + [412] * 7
    winner = next(one for one in answers if one.status_code == 200)
    assert (note.version, note.name) == (2, winner.json()["name"])
    assert entries == [("updated", {"name": ["first", note.name]})]
