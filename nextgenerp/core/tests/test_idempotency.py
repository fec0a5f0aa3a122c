"""A keyed request happens once, whatever happens around it."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from nextgenerp.core import entitlements
from nextgenerp.core.models import HistoryEntry, IdempotencyRecord
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.core.tests import probes
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat

KEY = {"Idempotency-Key": "one"}


def records(tenant) -> int:
    with tenant_context(tenant):
        return IdempotencyRecord.objects.count()


def answer(response):
    return response.status_code, response.json()["code"]


def test_the_first_answer_is_replayed_to_the_byte(full, tenant):
    first = full.post("/notes", {"name": "once"}, headers=KEY)
    again = full.post("/notes", {"name": "once"}, headers=KEY)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    for name in ("Location", "ETag", "Content-Type"):
        assert first[name] == again[name]
    assert probes.Note.objects.filter(name="once").count() == 1
    with tenant_context(tenant):
        assert entitlements.used("notes") == 1
        assert HistoryEntry.objects.filter(action="created").count() == 1


def test_without_a_key_it_happens_every_time(full):
    assert [full.post("/notes", {"name": "twice"}).status_code for _ in range(2)] == [201, 201]
    assert probes.Note.objects.filter(name="twice").count() == 2


def test_an_empty_answer_is_replayed_empty(full):
    note = probes.Note.objects.create(name="gone")
    first, again = (full.delete(f"/notes/{note.pk}", headers=KEY) for _ in range(2))
    assert (first.status_code, again.status_code) == (204, 204)
    assert again["Idempotency-Replayed"] == "true"
    assert "Content-Type" not in first
    assert "Content-Type" not in again
    assert full.delete(f"/notes/{note.pk}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/notes", {"name": "other"}),
        ("POST", "/echo", {"name": "this"}),
        ("PATCH", "/notes/x", {"name": "this"}),
    ],
)
def test_the_same_key_with_another_request_is_422(full, method, path, body):
    assert full.post("/notes", {"name": "this"}, headers=KEY).status_code == 201
    refused = full.generic(
        method, path, full._encode_data(body, "json")[0], content_type="application/json", headers=KEY
    )
    assert answer(refused) == (422, "idempotency_key_reused")
    assert probes.Note.objects.filter(name="other").count() == 0
    assert full.post("/notes", {"name": "this"}, headers=KEY)["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("status", [400, 402, 404, 409, 410, 412, 422])
def test_a_refusal_is_stored_on_its_own(full, tenant, status):
    first = full.post(f"/answer?status={status}", {}, headers=KEY)
    again = full.post(f"/answer?status={status}", {}, headers=KEY)
    assert (first.status_code, first.content) == (status, again.content)
    assert again["Content-Type"] == "application/problem+json"
    assert again["Idempotency-Replayed"] == "true"
    assert probes.happened == ["answer"]
    with tenant_context(tenant):
        assert entitlements.used("answers") == 0


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_what_may_end_well_next_time_is_not_stored(full, tenant, status):
    for _ in range(2):
        response = full.post(f"/answer?status={status}", {}, headers=KEY)
        assert response.status_code == status
        assert "Idempotency-Replayed" not in response
    assert probes.happened == ["answer", "answer"]
    assert records(tenant) == 0


def test_a_crash_stores_neither_effect_nor_answer(full, tenant):
    for _ in range(2):
        with pytest.raises(AssertionError, match="500"):
            full.post("/crash", {}, headers=KEY)
    assert probes.happened == ["crash", "crash"]
    assert records(tenant) == 0
    with tenant_context(tenant):
        assert entitlements.used("answers") == 0


def test_nothing_of_the_effect_stays_when_the_answer_cannot_be_stored(full, tenant):
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE idempotency_record ADD CONSTRAINT refused CHECK (status <> 201)")
    assert full.post("/notes", {"name": "lost"}, headers=KEY).status_code == 409
    assert probes.Note.objects.filter(name="lost").count() == 0
    with tenant_context(tenant):
        assert entitlements.used("notes") == 0


def test_keys_belong_to_a_user_and_a_tenant(full, member, other_tenant):
    user = full.seat.user
    colleague = member(leads=["create"])
    elsewhere = Client(make_seat(other_tenant, user=user, permissions=grants(leads=["create"])))
    names = {full: "mine", colleague: "hers", elsewhere: "there"}
    for client, name in names.items():
        response = client.post("/notes", {"name": name}, headers=KEY)
        assert (response.status_code, response.json()["name"]) == (201, name)


def test_a_key_lives_24_hours(full, tenant):
    full.post("/notes", {"name": "daily"}, headers=KEY)
    with tenant_context(tenant):
        almost = timezone.now() - timedelta(hours=23, minutes=59)
        IdempotencyRecord.objects.update(created_at=almost)
    assert full.post("/notes", {"name": "daily"}, headers=KEY)["Idempotency-Replayed"] == "true"
    with tenant_context(tenant):
        IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=24))
    fresh = full.post("/notes", {"name": "another"}, headers=KEY)
    assert fresh.status_code == 201
    assert "Idempotency-Replayed" not in fresh
    assert records(tenant) == 1
    assert full.post("/notes", {"name": "another"}, headers=KEY)["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", ["k" * 256, "नाम", "tab\there"])
def test_a_key_is_short_printable_ascii(full, key):
    assert answer(full.post("/notes", {"name": "x"}, HTTP_IDEMPOTENCY_KEY=key)) == (400, "invalid")
    assert probes.Note.objects.filter(name="x").count() == 0


def test_a_replay_needs_its_grant_still(full):
    full.post("/notes", {"name": "once"}, headers=KEY)
    full.seat.permissions["Leads"]["canCreate"] = False
    full.seat.save()
    assert answer(full.post("/notes", {"name": "once"}, headers=KEY)) == (403, "permission_denied")


def test_reading_is_never_keyed(full, tenant):
    assert [full.get("/notes", headers=KEY).status_code for _ in range(2)] == [200, 200]
    assert records(tenant) == 0


def in_thread(call, answers):
    def run():
        answers.append(call())
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wait_for_sleeper(holder):
    while not holder.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone():
        pass


def test_a_key_in_flight_is_409_and_the_first_goes_on(busy, committed_tenant):
    answers = []
    first = in_thread(lambda: busy.post("/sleep", {}, headers=KEY), answers)
    wait_for_sleeper(busy.holder)
    second = busy.post("/sleep", {}, headers=KEY)
    assert answer(second) == (409, "idempotency_in_flight")
    assert second["Retry-After"] == "1"
    busy.holder.execute("SELECT pg_advisory_unlock(%s)", [probes.SLEEP])
    first.join()
    assert answers[0].json() == {"times": 1}
    replayed = busy.post("/sleep", {}, headers=KEY)
    assert replayed["Idempotency-Replayed"] == "true"
    assert replayed.json() == {"times": 1}
    with tenant_context(committed_tenant):
        assert entitlements.used("answers") == 1


def test_twenty_at_once_happen_once(busy, committed_tenant):
    busy.holder.execute("SELECT pg_advisory_unlock(%s)", [probes.SLEEP])
    barrier = threading.Barrier(20)
    answers = []

    def call():
        barrier.wait(timeout=30)
        return busy.post("/sleep", {}, headers=KEY)

    threads = [in_thread(call, answers) for _ in range(20)]
    for thread in threads:
        thread.join()
    assert len(answers) == 20
    assert {one.status_code for one in answers} <= {200, 409}
    assert {one.json()["code"] for one in answers if one.status_code == 409} <= {"idempotency_in_flight"}
    assert {one.content for one in answers if one.status_code == 200} == {b'{"times":1}'}
    assert probes.happened == ["sleep"]
    with tenant_context(committed_tenant):
        assert entitlements.used("answers") == 1


def test_a_connection_lost_in_flight_leaves_nothing_and_the_key_free(busy, committed_tenant):
    answers = []
    first = in_thread(lambda: busy.post("/sleep", {}, headers=KEY), answers)
    wait_for_sleeper(busy.holder)
    busy.holder.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    )
    first.join()
    assert answers[0].status_code == 503
    busy.holder.execute("SELECT pg_advisory_unlock(%s)", [probes.SLEEP])
    with tenant_context(committed_tenant):
        assert entitlements.used("answers") == 0
    assert busy.post("/sleep", {}, headers=KEY).json() == {"times": 2}
    with tenant_context(committed_tenant):
        assert entitlements.used("answers") == 1
