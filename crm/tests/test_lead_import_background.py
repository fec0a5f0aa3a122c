"""Large imports of leads: run by the worker, killed and resumed, run twice at once, stopped, undone."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import Membership
from crm.models import Lead, LeadTagging
from crm.tests.imports import COUNTS, csv_text, due_now, error_file, import_of, run_tasks, upload
from nextgenerp.core import entitlements, tasks
from nextgenerp.core.imports import engine, storage, undo
from nextgenerp.core.imports.tending import tend_imports_here
from nextgenerp.core.models import HistoryEntry, Import, ImportFailure, ImportKey
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.database.models import DeferredTask
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat

ROWS = 6000
WORKER = """
import django
django.setup()
from nextgenerp.core import tasks
from nextgenerp.core.imports import engine
engine.BATCH_ROWS = 500
while tasks.run_one():
    pass
"""


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path / "imports"


@pytest.fixture
def client(committed_tenant) -> Client:
    return Client(make_seat(committed_tenant, "admin"))


@pytest.fixture
def make_member(committed_tenant) -> Callable[..., Client]:
    return lambda **modules: Client(make_seat(committed_tenant, permissions=grants(**modules)))


def many(n=ROWS):
    """Every 50th row is bad, every 50th blank, every 50th a repetition."""
    rows = [["Name", "Phone", "E-mail", "Tags"]]
    for i in range(n):
        row = [f"Demo {i}", f"9{i:09d}", f"demo-lead-{i}@example.com", "VIP"]
        if i % 50 == 1:
            row[1] = "12"
        elif i % 50 == 2:
            row = [""] * 4
        elif i % 50 == 3:
            row[1], row[2] = "", f"demo-lead-{i - 3}@example.com"
        rows.append(row)
    return csv_text(rows)


def figures(result):
    return tuple(result[name] for name in COUNTS)


def expected(n=ROWS):
    return (n, n - 3 * n // 50, 0, n // 50, n // 50, n // 50)


def assert_exact(tenant, answer, n=ROWS):
    """Every row is counted once, stored once, numbered without a gap, and in the history once."""
    batch = import_of(tenant, answer)
    assert batch.status == Import.Status.COMPLETED
    assert figures(vars(batch)) == expected(n)
    with tenant_context(tenant):
        created = expected(n)[1]
        assert Lead.objects.count() == Lead.objects.values("email_key").distinct().count() == created
        numbers = sorted(Lead.objects.values_list("lead_number", flat=True))
        assert numbers == [f"LD-{i:05d}" for i in range(1, created + 1)]
        entries = HistoryEntry.objects.filter(record_type="crm.Lead", import_id=batch.id)
        assert entries.count() == entries.values("record_id").distinct().count() == created
        assert LeadTagging.objects.count() == created
        assert entitlements.used("leads") == created
        failed = ImportFailure.objects.filter(batch=batch).order_by("row").values_list("row", flat=True)
        assert list(failed) == [i + 2 for i in range(n) if i % 50 == 1]


def test_a_large_file_is_left_to_the_worker(committed_tenant, client, folder):
    answer = upload(client, many(), createMissing=["tags"])
    where = f"/imports/{answer.json()['id']}"
    assert (answer.status_code, answer["Location"], answer.json()["status"]) == (202, where, "queued")
    assert figures(answer.json()) == (ROWS, 0, 0, 0, 0, 0)
    assert [path.name for path in (folder / committed_tenant.schema_name).iterdir()] == [answer.json()["id"]]

    run_tasks(committed_tenant)

    assert_exact(committed_tenant, answer)
    result = client.get(where).json()
    assert (result["status"], result["processed"], len(result["errors"])) == ("completed", ROWS, 100)
    assert result["errorFile"] == f"{where}/errors"
    assert len(error_file(client, client.get(where)).splitlines()) == 1 + ROWS // 50
    assert list((folder / committed_tenant.schema_name).iterdir()) == []


def test_slices_follow_each_other(committed_tenant, client, monkeypatch):
    monkeypatch.setattr(engine, "SLICE_SECONDS", 0)
    answer = upload(client, many(), createMissing=["tags"])
    for processed in (2000, 4000):
        assert due_now(committed_tenant) == 1
        tasks.run_one()
        running = client.get(f"/imports/{answer.json()['id']}").json()
        assert (running["status"], running["processed"]) == ("running", processed)
    run_tasks(committed_tenant)
    assert_exact(committed_tenant, answer)


def worker():
    """A worker in a process of its own, on the tests' database."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = os.environ | {
        "DATABASE_URL": database.geturl(),
        "DJANGO_SETTINGS_MODULE": "nextgenerp.settings.test",
    }
    return subprocess.Popen([sys.executable, "-c", WORKER], env=environment, cwd=django_settings.BASE_DIR)


def kill_after(process, tenant, answer, processed):
    """Kill a worker as soon as it has come so far."""
    try:
        while import_of(tenant, answer).processed < processed:
            try:
                process.wait(0.005)
                pytest.fail("The worker ended before it could be killed.")
            except subprocess.TimeoutExpired:
                pass
    finally:
        process.kill()
        process.wait()


def test_killed_workers_lose_and_double_nothing(committed_tenant, client):
    rows = 12_000
    answer = upload(client, many(rows), createMissing=["tags"])
    for processed in (1000, 5000):
        due_now(committed_tenant)
        kill_after(worker(), committed_tenant, answer, processed)
        stopped = import_of(committed_tenant, answer)
        assert stopped.status == Import.Status.RUNNING
        assert processed <= stopped.processed == stopped.counted < rows
        with tenant_context(committed_tenant):
            assert Lead.objects.count() == stopped.created
    run_tasks(committed_tenant)
    assert_exact(committed_tenant, answer, rows)


def run_together(tenant, *import_ids):
    """Run slices of imports at the same time, each in a thread of its own. Raises what they raise."""
    together = threading.Barrier(len(import_ids))

    def run(import_id):
        together.wait()
        try:
            with tenant_context(tenant):
                engine.run_slice(import_id)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(import_ids)) as threads:
        list(threads.map(run, import_ids))


def test_runners_at_once(committed_tenant, client, monkeypatch):
    monkeypatch.setattr(engine, "BATCH_ROWS", 100)
    answer = upload(client, many(), createMissing=["tags"])
    run_together(committed_tenant, *[answer.json()["id"]] * 3)
    run_tasks(committed_tenant)
    assert_exact(committed_tenant, answer)


def test_a_runner_steps_back_for_the_one_that_went_on(committed_tenant, client):
    answer = upload(client, many(), createMissing=["tags"])
    import_id, deadline = answer.json()["id"], time.monotonic() + 60
    with tenant_context(committed_tenant):
        first = engine.run_batch(import_id, None, deadline)
        second = engine.run_batch(import_id, None, deadline)
        assert engine.run_batch(import_id, first, deadline) is None
    assert import_of(committed_tenant, answer).processed == 4000
    with tenant_context(committed_tenant):
        assert engine.run_batch(import_id, second, deadline) is None
    assert_exact(committed_tenant, answer)


def test_a_runner_comes_back_where_another_is_at_work(committed_tenant, client):
    answer = upload(client, many())
    turn = threading.Barrier(2)

    def hold():
        with tenant_context(committed_tenant), transaction.atomic():
            Import.objects.select_for_update().get(id=answer.json()["id"])
            turn.wait()
            turn.wait()
        connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        held = threads.submit(hold)
        turn.wait()
        DeferredTask.objects.filter(schema_name=committed_tenant.schema_name).delete()
        try:
            with tenant_context(committed_tenant):
                engine.run_slice(answer.json()["id"])
        finally:
            turn.wait()
        held.result()
    assert import_of(committed_tenant, answer).processed == 0
    later = DeferredTask.objects.get(schema_name=committed_tenant.schema_name)
    assert (later.function, later.arguments) == (engine.RUN_SLICE, [answer.json()["id"]])
    assert later.due_at > later.created_at


def test_two_imports_of_the_same_file_at_once(committed_tenant, client, monkeypatch):
    monkeypatch.setattr(engine, "BATCH_ROWS", 100)
    monkeypatch.setattr(engine, "SLICE_SECONDS", 600)  # both to the end, however slow the machine
    both = [upload(client, many(), createMissing=["tags"]).json()["id"] for _ in range(2)]
    run_together(committed_tenant, *both)
    results = [client.get(f"/imports/{one}").json() for one in both]
    assert [result["status"] for result in results] == ["completed", "completed"]
    assert sum(result["created"] for result in results) == expected()[1]
    with tenant_context(committed_tenant):
        assert Lead.objects.count() == Lead.objects.values("email_key").distinct().count() == expected()[1]


def test_a_dry_run_in_the_background(committed_tenant, client):
    answer = upload(client, many(), createMissing=["tags"], dryRun=True)
    run_tasks(committed_tenant)
    assert figures(client.get(f"/imports/{answer.json()['id']}").json()) == expected()
    with tenant_context(committed_tenant):
        assert Lead.objects.count() == HistoryEntry.objects.count() == entitlements.used("leads") == 0
        assert ImportKey.objects.count() == 0


def test_an_import_ends_when_its_starter_may_not_go_on(committed_tenant, client, make_member, monkeypatch):
    monkeypatch.setattr(engine, "SLICE_SECONDS", 0)
    starter = make_member(leads=["create"])
    answer = upload(starter, many(), createMissing=["tags"])
    due_now(committed_tenant)
    tasks.run_one()
    Membership.objects.filter(id=starter.seat.id).update(permissions=grants(leads=["view"]))
    run_tasks(committed_tenant)
    result = starter.get(f"/imports/{answer.json()['id']}").json()
    assert (result["status"], result["error"]["code"]) == ("failed", "permission_denied")
    assert figures(result) == (ROWS, 1880, 0, 40, 4040, 40)
    with tenant_context(committed_tenant):
        assert Lead.objects.count() == 1880


def test_an_import_whose_file_is_gone_fails(committed_tenant, client, folder):
    answer = upload(client, many())
    (folder / committed_tenant.schema_name / answer.json()["id"]).unlink()
    run_tasks(committed_tenant)
    result = client.get(f"/imports/{answer.json()['id']}").json()
    assert (result["status"], result["error"]["code"]) == ("failed", "expired")
    assert figures(result) == (ROWS, 0, 0, 0, ROWS, 0)


def test_an_import_without_its_task_is_woken(committed_tenant, client):
    answer = upload(client, many(), createMissing=["tags"])
    DeferredTask.objects.filter(schema_name=committed_tenant.schema_name).delete()
    with tenant_context(committed_tenant):
        tend_imports_here()
        tend_imports_here()
    assert DeferredTask.objects.filter(schema_name=committed_tenant.schema_name).count() == 1
    run_tasks(committed_tenant)
    assert_exact(committed_tenant, answer)


# --- undo


def test_undo_removes_what_nobody_touched(committed_tenant, client):
    upload(client, "Name,Email\nBefore Demo,before@example.com\n")
    file = "Name,Email,Tags\n" + "".join(f"Demo {i},demo-lead-{i}@example.com,VIP\n" for i in range(5))
    answer = upload(
        client, file + "Changed,before@example.com,\n", onDuplicate="update", createMissing=["tags"]
    )
    leads = client.get("/leads?sortBy=createdAt&sortOrder=asc").json()["data"]
    by_email = {lead["email"]: lead["id"] for lead in leads}
    client.patch(f"/leads/{by_email['demo-lead-2@example.com']}", {"city": "Pune"})
    client.delete(f"/leads/{by_email['demo-lead-3@example.com']}")

    undone = client.post(f"/imports/{answer.json()['id']}/undo")

    assert (undone.status_code, undone.json()["status"]) == (200, "undone")
    assert (undone.json()["removed"], undone.json()["kept"]) == (3, 1)
    with tenant_context(committed_tenant):
        assert set(Lead.objects.values_list("email", flat=True)) == {
            "before@example.com",
            "demo-lead-2@example.com",
        }
        assert Lead.objects.get(email="before@example.com").first_name == "Changed"
        assert entitlements.used("leads") == 2
        deleted = HistoryEntry.objects.filter(action="deleted", import_id=answer.json()["id"])
        assert {entry.record_id.hex for entry in deleted} == {
            by_email[f"demo-lead-{i}@example.com"].replace("-", "") for i in (0, 1, 4)
        }
    again = client.post(f"/imports/{answer.json()['id']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "invalid_transition")


def test_undo_keeps_what_others_refer_to(committed_tenant, client, monkeypatch):
    monkeypatch.setattr(undo, "BATCH", 3)
    file = "Name,Email\n" + "".join(f"Demo {i},demo-lead-{i}@example.com\n" for i in range(7))
    answer = upload(client, file)
    with tenant_context(committed_tenant), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE offer (lead_id uuid REFERENCES lead)")
        cursor.execute("INSERT INTO offer SELECT id FROM lead WHERE email ~ 'demo-lead-[15]@'")
    undone = client.post(f"/imports/{answer.json()['id']}/undo").json()
    assert (undone["removed"], undone["kept"]) == (5, 2)
    with tenant_context(committed_tenant):
        assert Lead.objects.count() == entitlements.used("leads") == 2


def test_a_large_undo_is_left_to_the_worker(committed_tenant, client):
    answer = upload(client, many(), createMissing=["tags"])
    where = f"/imports/{answer.json()['id']}"
    early = client.post(f"{where}/undo")
    assert (early.status_code, early.json()["code"]) == (409, "invalid_transition")
    run_tasks(committed_tenant)
    undone = client.post(f"{where}/undo")
    assert (undone.status_code, undone["Location"], undone.json()["status"]) == (202, where, "undoing")
    run_tasks(committed_tenant)
    result = client.get(where).json()
    assert (result["status"], result["removed"], result["kept"]) == ("undone", expected()[1], 0)
    assert figures(result) == expected()
    with tenant_context(committed_tenant):
        assert Lead.objects.count() == entitlements.used("leads") == 0


def test_undo_reaches_no_further_than_the_caller(committed_tenant, client, make_member):
    answer = upload(client, "Name,Email\nDemo,demo-lead-1@example.com\n")
    where = f"/imports/{answer.json()['id']}"
    refused = make_member(leads=["view", "create", "delete"]).post(f"{where}/undo")
    assert refused.status_code == 404
    narrow = Client(make_seat(committed_tenant, "admin", permissions=grants("own", leads=["delete"])))
    undone = narrow.post(f"{where}/undo").json()
    assert (undone["removed"], undone["kept"]) == (0, 1)


# --- who may see an import


def test_an_import_is_its_starters_and_the_administrators(committed_tenant, client, make_member):
    starter = make_member(leads=["create", "view"])
    answer = upload(starter, "Name,Email\nAsha,broken\n")
    where = f"/imports/{answer.json()['id']}"
    paths = (where, f"{where}/errors")
    for path in paths:
        assert starter.get(path).status_code == client.get(path).status_code == 200
        assert make_member(leads=["create", "view"]).get(path).status_code == 404
    Membership.objects.filter(id=starter.seat.id).update(permissions=grants(customers=["view"]))
    for path in paths:
        refused = starter.get(path)
        assert (refused.status_code, refused.json()["module"], refused.json()["action"]) == (
            403,
            "Leads",
            "canView",
        )
    assert starter.post(f"{where}/undo").json()["action"] == "canDelete"
    assert client.get("/imports/nonsense").status_code == 404


def test_failures_are_kept_for_a_month(committed_tenant, client, folder):
    answer = upload(client, "Name,Email\nAsha,broken\n")
    where = f"/imports/{answer.json()['id']}"
    forgotten = folder / committed_tenant.schema_name / "forgotten.utf8.csv"
    forgotten.touch()
    with tenant_context(committed_tenant):
        tend_imports_here()
        assert (ImportFailure.objects.count(), forgotten.exists()) == (1, True)
        long_ago = timezone.now() - storage.KEPT_FOR - storage.ORPHANED_AFTER
        os.utime(forgotten, (long_ago.timestamp(), long_ago.timestamp()))
        Import.objects.update(finished_at=long_ago)
        tend_imports_here()
        assert (ImportFailure.objects.count(), forgotten.exists()) == (0, False)
    result = client.get(where).json()
    assert (result["failed"], result["errors"], result["errorFile"]) == (1, [], None)
    assert client.get(f"{where}/errors").status_code == 410
