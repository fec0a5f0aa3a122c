"""The outbox: what runs, where, how often, and what is left when it does not go well."""

import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from nextgenerp.core import tasks
from nextgenerp.core.tasks import after_commit, in_every_tenant, run_due, run_one, worker_is_alive
from nextgenerp.core.tenancy import PUBLIC, current_schema, enter_tenant, leave_tenant, tenant_context
from nextgenerp.core.tests import deferred
from nextgenerp.database.ids import new_id
from nextgenerp.database.models import DeferredTask, WorkerHeartbeat

HERE = "nextgenerp.core.tests.deferred"


@pytest.fixture(autouse=True)
def calls() -> list[Any]:
    deferred.CALLS.clear()
    return deferred.CALLS


def make_due() -> None:
    """Let every lease and every delay run out."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE public.deferred_task SET due_at = now() - interval '1 hour'")


def change(tenant: Any, **values: Any) -> None:
    """Change a tenant's row; the object itself outlives the test."""
    type(tenant).objects.filter(id=tenant.id).update(**values)


@transaction.atomic
def defer_and_fail() -> None:
    after_commit(f"{HERE}.note", "lost")
    raise ZeroDivisionError


def test_work_runs_after_the_commit_in_the_schema_it_was_deferred_in(
    committing: None, committed_tenant: Any, calls: list[Any]
) -> None:
    with transaction.atomic():
        after_commit(f"{HERE}.note", 1)
        with tenant_context(committed_tenant):
            after_commit(f"{HERE}.note", "two", {"three": [3]})
            after_commit(f"{HERE}.note", in_public=True)
        assert OrmQ.objects.count() == 0
    assert OrmQ.objects.count() == 1
    assert run_due() == 3
    assert calls == [(PUBLIC, 1), (committed_tenant.schema_name, "two", {"three": [3]}), (PUBLIC,)]
    assert current_schema() == PUBLIC
    assert not DeferredTask.objects.exists()


def test_a_rollback_leaves_no_work(committing: None) -> None:
    with pytest.raises(ZeroDivisionError):
        defer_and_fail()
    assert not DeferredTask.objects.exists()
    assert not OrmQ.objects.exists()


def test_a_savepoint_that_rolls_back_does_not_take_the_wake_along(committing: None) -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError):
            defer_and_fail()
        after_commit(f"{HERE}.note", "kept")
        with transaction.atomic():
            after_commit(f"{HERE}.note", "kept too")
    assert OrmQ.objects.count() == 1
    assert [task.arguments for task in DeferredTask.objects.order_by("id")] == [["kept"], ["kept too"]]


def test_work_for_later_waits_and_wakes_nobody(committing: None, calls: list[Any]) -> None:
    after_commit(f"{HERE}.note", due_at=timezone.now() + timedelta(hours=1))
    assert not OrmQ.objects.exists()
    assert run_due() == 0
    make_due()
    assert run_due() == 1
    assert len(calls) == 1


def test_urgent_work_goes_first_then_what_was_due_first(db: None, calls: list[Any]) -> None:
    now = timezone.now()
    for name, minutes, urgent in (("b", 5, False), ("a", 9, False), ("u2", 1, True), ("u1", 2, True)):
        after_commit(f"{HERE}.note", name, due_at=now - timedelta(minutes=minutes), urgent=urgent)
    assert run_due() == 4
    assert [call[1] for call in calls] == ["u1", "u2", "a", "b"]


@pytest.mark.parametrize("state", ["unknown", "suspended", "archived"])
def test_work_of_a_tenant_that_is_not_active_fails_at_once_and_runs_nowhere(
    tenant: Any, calls: list[Any], state: str
) -> None:
    enter_tenant(tenant)
    after_commit(f"{HERE}.note", on_failure=f"{HERE}.note")
    leave_tenant()
    if state == "unknown":
        DeferredTask.objects.update(schema_name="t_nowhere")
    else:
        change(tenant, status=state)
    assert run_due() == 1
    assert calls == []
    task = DeferredTask.objects.get()
    assert task.failed_at is not None
    assert task.error.startswith("UnknownTenant")
    assert run_due() == 0


def test_work_of_a_tenant_whose_migration_failed_waits_for_it(tenant: Any, calls: list[Any]) -> None:
    enter_tenant(tenant)
    after_commit(f"{HERE}.note")
    leave_tenant()
    change(tenant, schema_ready=False)
    assert run_due() == 1
    assert calls == []
    assert DeferredTask.objects.get().failed_at is None
    change(tenant, schema_ready=True)
    make_due()
    assert run_due() == 1
    assert calls == [(tenant.schema_name,)]


def test_a_failure_is_tried_again_later_and_kept_at_last(db: None, calls: list[Any]) -> None:
    after_commit(f"{HERE}.fail", 1, max_attempts=3, on_failure=f"{HERE}.note")
    for attempt, delay in ((1, 10), (2, 20)):
        before = timezone.now()
        assert run_due() == 1
        task = DeferredTask.objects.get()
        assert (task.attempts, task.claim, task.failed_at) == (attempt, None, None)
        assert task.error == "ZeroDivisionError('demo')"
        assert timedelta(0) <= task.due_at - before - timedelta(seconds=delay) < timedelta(seconds=5)
        assert run_due() == 0
        make_due()
    assert run_due() == 1
    task.refresh_from_db()
    assert (task.attempts, task.claim) == (3, None)
    assert task.failed_at is not None
    assert calls == [(PUBLIC, 1)] * 3 + [(PUBLIC, 1, "ZeroDivisionError('demo')")]
    make_due()
    assert run_due() == 0


def test_a_task_may_give_up_at_once(db: None, calls: list[Any]) -> None:
    after_commit(f"{HERE}.give_up", on_failure=f"{HERE}.note")
    assert run_due() == 1
    assert calls == [(PUBLIC,), (PUBLIC, "GiveUp('no use')")]
    assert DeferredTask.objects.get().failed_at is not None


def test_a_function_that_is_not_there_is_a_failure_like_any_other(db: None) -> None:
    after_commit(f"{HERE}.nothing", max_attempts=1)
    after_commit("no.such.module", max_attempts=1)
    assert run_due() == 2
    errors = sorted(DeferredTask.objects.exclude(failed_at=None).values_list("error", flat=True))
    assert [error.partition("(")[0] for error in errors] == ["ImportError", "ModuleNotFoundError"]


def test_a_broken_on_failure_does_not_bring_the_task_back(db: None) -> None:
    after_commit(f"{HERE}.fail", max_attempts=1, on_failure=f"{HERE}.fail")
    assert run_due() == 1
    assert DeferredTask.objects.get().failed_at is not None
    make_due()
    assert run_due() == 0


def test_a_leased_task_is_taken_over_only_when_the_lease_ran_out(committing: None, calls: list[Any]) -> None:
    after_commit(f"{HERE}.note")
    claimed = list(DeferredTask.objects.raw(tasks.CLAIM, [new_id(), tasks.LEASE_SECONDS]))
    assert len(claimed) == 1
    assert not run_one()
    make_due()
    assert run_one()
    assert calls == [(PUBLIC,)]
    assert not DeferredTask.objects.exists()


def claim_in_a_session_of_its_own() -> psycopg.Connection[Any]:
    """Claim the due task as another worker's process would; its end is the end of the connection."""
    settings = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    other = psycopg.connect(
        **{name: settings[key] for name, key in names.items() if settings[key]}, autocommit=True
    )
    assert len(other.execute(tasks.CLAIM, [new_id(), tasks.LEASE_SECONDS]).fetchall()) == 1
    return other


def test_the_task_of_a_dead_worker_is_taken_over_at_once(committing: None, calls: list[Any]) -> None:
    after_commit(f"{HERE}.note")
    other = claim_in_a_session_of_its_own()
    assert run_due() == 0
    assert calls == []
    pid = other.info.backend_pid
    other.close()
    with connection.cursor() as cursor:
        for _ in range(10_000):  # the server notices the end of a connection a moment later
            cursor.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid])
            if cursor.fetchone() is None:
                break
    assert run_due() == 1
    assert calls == [(PUBLIC,)]
    assert not DeferredTask.objects.exists()


def test_a_task_whose_workers_all_died_fails_without_another_try(db: None, calls: list[Any]) -> None:
    after_commit(f"{HERE}.fail", 1, max_attempts=2, on_failure=f"{HERE}.note")
    DeferredTask.objects.update(attempts=2, claim=new_id())
    assert run_due() == 1
    assert calls == [(PUBLIC, 1, "WorkerLost()")]
    assert DeferredTask.objects.get().failed_at is not None


@pytest.mark.parametrize("then", ["succeed", "fail"])
def test_a_worker_that_lost_its_claim_writes_nothing_more(db: None, then: str) -> None:
    after_commit(f"{HERE}.lose_claim", then, max_attempts=1, on_failure=f"{HERE}.note")
    assert run_one()
    task = DeferredTask.objects.get()
    assert (task.attempts, task.failed_at, task.error) == (7, None, "")
    assert task.claim is not None
    assert deferred.CALLS == []


def test_a_lost_connection_costs_one_try(committing: None) -> None:
    after_commit(f"{HERE}.lose_connection")
    after_commit(f"{HERE}.note", "next")
    assert run_due() == 2
    assert deferred.CALLS == [(PUBLIC,), (PUBLIC, "next")]
    task = DeferredTask.objects.get()
    assert (task.attempts, task.claim) == (1, None)
    assert "terminating connection" in task.error or "closed" in task.error


def test_a_careless_task_does_not_spoil_the_next(committing: None, committed_tenant: Any) -> None:
    with tenant_context(committed_tenant):
        after_commit(f"{HERE}.break_transaction", in_public=True)
        after_commit(f"{HERE}.note", "tenant")
        after_commit(f"{HERE}.note", "public", in_public=True)
    assert run_due() == 3
    assert deferred.CALLS[1:] == [(committed_tenant.schema_name, "tenant"), (PUBLIC, "public")]


def test_workers_at_once_run_each_task_once(committing: None, calls: list[Any]) -> None:
    for number in range(60):
        after_commit(f"{HERE}.note", number)
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        try:
            run_due()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for _, number in calls) == list(range(60))
    assert not DeferredTask.objects.exists()


def test_a_call_of_the_worker_ends_in_time_and_leaves_the_rest_to_the_next(
    committing: None, calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        after_commit(f"{HERE}.note", number)
    OrmQ.objects.all().delete()
    assert run_due(limit=3) == 3
    assert OrmQ.objects.count() == 1
    monkeypatch.setattr(tasks, "RUN_SECONDS", 0)
    assert run_due() == 0
    assert OrmQ.objects.count() == 2
    assert DeferredTask.objects.count() == 2


def test_a_worker_ended_at_its_time_limit_has_no_live_lease() -> None:
    assert tasks.RUN_SECONDS < tasks.settings.WORKER_TIMEOUT < tasks.LEASE_SECONDS
    assert tasks.settings.Q_CLUSTER["timeout"] < tasks.settings.Q_CLUSTER["retry"]


def test_the_heartbeat_tells_whether_a_worker_lives(db: None) -> None:
    WorkerHeartbeat.objects.all().delete()
    assert not worker_is_alive()
    run_due()
    assert worker_is_alive()
    run_due()
    assert WorkerHeartbeat.objects.count() == 1
    WorkerHeartbeat.objects.update(beat_at=timezone.now() - timedelta(seconds=tasks.BEAT_SECONDS + 1))
    assert not worker_is_alive()


def test_a_wake_that_cannot_be_sent_fails_no_request(
    committing: None, monkeypatch: pytest.MonkeyPatch, calls: list[Any]
) -> None:
    def broken(*arguments: Any, **options: Any) -> None:
        raise ConnectionError("the broker is away")

    monkeypatch.setattr(tasks, "async_task", broken)
    after_commit(f"{HERE}.note")
    monkeypatch.undo()
    assert run_due() == 1
    assert calls == [(PUBLIC,)]


def test_work_for_every_tenant_runs_in_each_active_ones_schema(
    committing: None, tenants: Any, committed_tenant: Any, calls: list[Any]
) -> None:
    first, second = tenants
    change(second, status="suspended")
    try:
        made = in_every_tenant(f"{HERE}.note")
        active = {one.schema_name for one in type(first).objects.filter(status="active", schema_ready=True)}
        assert {first.schema_name, committed_tenant.schema_name} <= active
        assert second.schema_name not in active
        assert OrmQ.objects.count() == 1
        assert in_every_tenant(f"{HERE}.note") == 0  # they wait still
        assert (made, OrmQ.objects.count()) == (len(active), 1)
        run_due()
        assert sorted(calls) == sorted((schema,) for schema in active)
        change(committed_tenant, schema_ready=False)
        assert in_every_tenant(f"{HERE}.note") == len(active) - 1
    finally:
        change(second, status="active")
