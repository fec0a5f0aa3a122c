"""The worker's clock and what it removes."""

from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import Schedule

from nextgenerp.core.models import IdempotencyRecord
from nextgenerp.core.purging import purge_failed_tasks, purge_idempotency_records
from nextgenerp.core.schedule import install_schedule
from nextgenerp.core.tasks import after_commit
from nextgenerp.core.tenancy import PUBLIC, current_schema, tenant_context
from nextgenerp.database.ids import new_id
from nextgenerp.database.models import DeferredTask


def schedules() -> dict[str, tuple[str, int]]:
    return {row.name: (row.func, row.minutes) for row in Schedule.objects.all()}


def test_migrating_installs_the_schedule(db: None, settings: Any) -> None:
    wanted = {f"nextgenerp:{name}": entry for name, entry in settings.SCHEDULE.items()}
    assert schedules() == wanted
    Schedule.objects.all().delete()
    call_command("migrate_schemas", shared=True, verbosity=0)
    assert schedules() == wanted


def test_installing_again_keeps_the_next_runs_and_removes_only_our_own(db: None, settings: Any) -> None:
    settings.SCHEDULE = {"kept": ("demo.kept", 5), "gone": ("demo.gone", 5)}
    install_schedule()
    next_run = timezone.now() + timedelta(minutes=3)
    Schedule.objects.filter(name="nextgenerp:kept").update(next_run=next_run)
    Schedule.objects.create(name="somebody else's", func="demo.else")
    settings.SCHEDULE = {"kept": ("demo.changed", 7), "new": ("demo.new", 1)}
    install_schedule()
    assert schedules() == {
        "nextgenerp:kept": ("demo.changed", 7), "nextgenerp:new": ("demo.new", 1),
        "somebody else's": ("demo.else", None),
    }  # fmt: skip
    assert Schedule.objects.get(name="nextgenerp:kept").next_run == next_run


def test_every_scheduled_function_is_there(settings: Any) -> None:
    for function, minutes in settings.SCHEDULE.values():
        assert callable(import_string(function))
        assert minutes >= 1


def test_old_idempotency_records_go_in_every_tenant(tenant: Any, other_tenant: Any) -> None:
    now = timezone.now()
    kept = []
    for one in (tenant, other_tenant):
        with tenant_context(one):
            for key, age in (
                ("old", timedelta(hours=24, minutes=1)),
                ("young", timedelta(hours=23, minutes=59)),
            ):
                made = IdempotencyRecord.objects.create(
                    user_id=new_id(), key=key, fingerprint="0" * 64, status=201, body=b"{}"
                )
                IdempotencyRecord.objects.filter(id=made.id).update(created_at=now - age)
                kept += [made.id] if key == "young" else []
    assert purge_idempotency_records() == 2
    assert current_schema() == PUBLIC
    left = []
    for one in (tenant, other_tenant):
        with tenant_context(one):
            left += IdempotencyRecord.objects.values_list("id", flat=True)
    assert left == kept


def test_failed_tasks_are_kept_for_a_month(db: None) -> None:
    for name, days in (("waiting", None), ("young", 29), ("old", 31)):
        after_commit("demo", name)
        failed_at = timezone.now() - timedelta(days=days) if days else None
        DeferredTask.objects.filter(arguments=[name]).update(failed_at=failed_at)
    assert purge_failed_tasks() == 1
    assert sorted(task.arguments[0] for task in DeferredTask.objects.all()) == ["waiting", "young"]
