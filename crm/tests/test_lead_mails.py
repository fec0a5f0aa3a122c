"""Mails about leads: a reminder goes out once, to the right one, at the right time; so does the news of a new lead."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from crm import tasks as crm_tasks
from crm.models import LeadActivity
from crm.tests.activities import change, instant, plan
from crm.tests.imports import due_now
from crm.tests.leads import EVERYTHING, body, make, status_id
from nextgenerp.core import tasks
from nextgenerp.core.tenancy import leave_tenant, tenant_context
from nextgenerp.database.models import DeferredTask
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import grants, make_seat

REMIND = "crm.tasks.remind"


@pytest.fixture
def full(member):
    return member(leads=EVERYTHING)


@pytest.fixture
def lead(full):
    return make(full, firstName="Demo", lastName="Buyer")


def reminders(tenant):
    """When the tenant's reminders are due, in the order they were planned."""
    waiting = DeferredTask.objects.filter(schema_name=tenant.schema_name, function=REMIND).order_by("id")
    return list(waiting.values_list("due_at", flat=True))


def run_due(tenant):
    """Let the time of all that waits come, and the worker work."""
    while DeferredTask.objects.filter(function=REMIND, failed_at=None).exists():
        due_now(tenant)
        tasks.run_one()


def mails(key="reminder"):
    return list(QueuedEmail.objects.filter(template_key=key).order_by("id"))


def test_a_reminder_waits_for_its_time(full, tenant, lead):
    activity = plan(full, lead, reminderMinutes=90)
    [due] = reminders(tenant)
    assert due == datetime.fromisoformat(activity["scheduledAt"]) - timedelta(minutes=90)
    assert tasks.run_due() == 0
    assert mails() == []


def test_it_is_mailed_once_to_whom_it_is_assigned(full, tenant, lead):
    colleague = make_seat(tenant, first_name="Asha", settings={"timezone": "Asia/Kolkata"})
    activity = plan(
        full, lead, reminderMinutes=30, subject="Price list", assignedToId=str(colleague.id),
        scheduledAt="2099-11-23T09:30:00Z",
    )  # fmt: skip
    run_due(tenant)
    [mail] = mails()
    assert mail.to == [colleague.user.email]
    assert mail.subject == (
        f"Reminder: Call with Demo Buyer ({lead['leadNumber']}) at 23 Nov 2099, 15:00 (Asia/Kolkata)"
    )
    assert "Hello Asha," in mail.body_text
    assert "Call: Price list" in mail.body_text
    assert f"/leads/{lead['id']}" in mail.body_text
    with tenant_context(tenant):
        assert LeadActivity.objects.get(pk=activity["id"]).reminded_at is not None


def test_a_task_that_runs_twice_mails_once(full, tenant, lead):
    activity = plan(full, lead, reminderMinutes=30)
    arguments = DeferredTask.objects.get(function=REMIND).arguments
    with tenant_context(tenant):
        crm_tasks.remind(*arguments)
        crm_tasks.remind(*arguments)
    run_due(tenant)
    assert len(mails()) == 1
    assert arguments[0] == activity["id"]


@pytest.mark.parametrize("end", ["completed", "cancelled"])
def test_none_for_what_is_over(full, tenant, lead, end):
    activity = plan(full, lead, reminderMinutes=30)
    change(full, activity, status=end)
    run_due(tenant)
    assert mails() == []


def test_what_is_put_off_reminds_at_its_new_time_once(full, tenant, lead):
    activity = plan(full, lead, reminderMinutes=30, scheduledAt=instant(10))
    later = change(full, activity, scheduledAt=instant(50))
    change(full, activity, subject="Other words", durationMinutes=5)
    first, second = reminders(tenant)
    assert second == datetime.fromisoformat(later["scheduledAt"]) - timedelta(minutes=30)
    assert first < second
    DeferredTask.objects.filter(function=REMIND, due_at=first).update(due_at=timezone.now())
    assert tasks.run_due() == 1
    assert mails() == []
    run_due(tenant)
    assert len(mails()) == 1


def test_there_and_back_again_reminds_once(full, tenant, lead):
    at = instant(10)
    activity = plan(full, lead, reminderMinutes=30, scheduledAt=at)
    change(full, activity, scheduledAt=instant(50))
    change(full, activity, scheduledAt=at)
    assert len(reminders(tenant)) == 3
    run_due(tenant)
    assert len(mails()) == 1


def test_one_that_was_reminded_of_and_is_put_off_reminds_again(full, tenant, lead):
    activity = plan(full, lead, reminderMinutes=30)
    run_due(tenant)
    change(full, activity, scheduledAt=instant(100))
    run_due(tenant)
    assert len(mails()) == 2


def test_a_reminder_taken_off_does_not_come(full, tenant, lead):
    activity = plan(full, lead, reminderMinutes=30)
    change(full, activity, reminderMinutes=None)
    run_due(tenant)
    assert mails() == []


@pytest.mark.parametrize(("hours", "expected"), [(0.1, 1), (-0.1, 0)])
def test_one_whose_time_is_past_comes_at_once_unless_all_is_past(full, tenant, lead, hours, expected):
    plan(full, lead, reminderMinutes=60, scheduledAt=instant(hours))
    tasks.run_due()
    assert len(mails()) == expected


def test_whoever_it_is_assigned_to_by_then_is_reminded(full, tenant, lead):
    activity = plan(full, lead, reminderMinutes=30)
    colleague = make_seat(tenant)
    change(full, activity, assignedToId=str(colleague.id))
    run_due(tenant)
    assert [mail.to for mail in mails()] == [[colleague.user.email]]


@pytest.mark.parametrize("why", ["deactivated", "out of scope", "unwanted", "nobody's", "deleted"])
def test_nobody_is_reminded_who_should_not_be(full, tenant, lead, why):
    colleague = make_seat(tenant)
    activity = plan(full, lead, reminderMinutes=30, assignedToId=str(colleague.id))
    if why == "deactivated":
        colleague.is_active = False
    elif why == "out of scope":
        colleague.permissions = grants("own", leads=["view"])
    elif why == "unwanted":
        colleague.settings = {"notifications": {"reminders": False}}
    elif why == "nobody's":
        change(full, activity, assignedToId=None)
    else:
        full.delete(f"/leads/{lead['id']}")
    colleague.save()
    run_due(tenant)
    assert mails() == []
    assert not DeferredTask.objects.filter(failed_at__isnull=False).exists()


def test_two_workers_remind_once(committed_tenant, django_db_blocker):
    """Both hold a task of the same reminder: one that was taken over while its first worker was slow."""
    with django_db_blocker.unblock():
        client = Client(make_seat(committed_tenant, permissions=grants(leads=EVERYTHING)))
        lead = make(client)
        for number in range(5):
            plan(client, lead, reminderMinutes=30, subject=f"call {number}")
        calls = list(DeferredTask.objects.filter(function=REMIND).values_list("arguments", flat=True))
        barrier, errors = threading.Barrier(2), []

        def work():
            try:
                for arguments in calls:
                    barrier.wait(30)
                    with tenant_context(committed_tenant):
                        crm_tasks.remind(*arguments)
            except Exception as error:  # a thread's errors are not the test's by themselves
                errors.append(error)
            finally:
                leave_tenant()
                connection.close()

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert sorted(mail.body_text.partition("Call: ")[2][:6] for mail in mails()) == [
            f"call {number}" for number in range(5)
        ]


def test_a_reminder_and_its_completion_at_once_leave_one_or_none(committed_tenant, django_db_blocker):
    """Whoever is first: a mail and then done, or done and no mail; never an error, never a mail for something done."""
    with django_db_blocker.unblock():
        client = Client(make_seat(committed_tenant, permissions=grants(leads=EVERYTHING)))
        lead = make(client)
        for _ in range(5):
            activity = plan(client, lead, reminderMinutes=30)
            arguments = DeferredTask.objects.filter(function=REMIND).latest("id").arguments
            barrier, before, answers = threading.Barrier(2), len(mails()), []

            def remind(arguments=arguments, barrier=barrier):
                try:
                    barrier.wait(30)
                    with tenant_context(committed_tenant):
                        crm_tasks.remind(*arguments)
                finally:
                    leave_tenant()
                    connection.close()

            thread = threading.Thread(target=remind)
            thread.start()
            barrier.wait(30)
            answers.append(change(client, activity, status="completed")["status"])
            thread.join()
            with tenant_context(committed_tenant):
                stored = LeadActivity.objects.get(pk=activity["id"])
            assert stored.status == "completed"
            assert len(mails()) - before == (stored.reminded_at is not None)


def test_a_lead_given_to_somebody_is_news_to_them(full, tenant):
    colleague = make_seat(tenant, first_name="Asha")
    lead = make(full, firstName="Demo", lastName="Buyer", assignedToId=str(colleague.id))
    [mail] = mails("lead_assigned")
    assert mail.to == [colleague.user.email]
    assert mail.subject == f"Lead {lead['leadNumber']} is yours: Demo Buyer"
    assert f"{full.seat.first_name} {full.seat.last_name} assigned the lead" in mail.body_text
    assert f"/leads/{lead['id']}" in mail.body_text


def test_only_a_new_assignee_hears_of_it(full, tenant, lead):
    colleague = make_seat(tenant)
    path = f"/leads/{lead['id']}"
    full.patch(path, {"assignedToId": str(colleague.id)})
    full.patch(path, {"assignedToId": str(colleague.id), "city": "Pune"})
    full.patch(path, {"city": "Kochi"})
    Client(colleague).patch(path, {"assignedToId": str(full.seat.id)})
    full.patch(path, {"assignedToId": None})
    full.patch(path, {"assignedToId": str(full.seat.id)})
    assert [mail.to for mail in mails("lead_assigned")] == [[colleague.user.email], [full.seat.user.email]]


@pytest.mark.parametrize("why", ["unwanted", "no grant"])
def test_nobody_hears_of_a_lead_who_should_not(full, tenant, lead, why):
    colleague = make_seat(tenant)
    if why == "unwanted":
        colleague.settings = {"notifications": {"leadAssigned": False}}
    else:
        colleague.permissions = grants("all", customers=["view"])
    colleague.save()
    full.patch(f"/leads/{lead['id']}", {"assignedToId": str(colleague.id)})
    assert mails("lead_assigned") == []


def test_a_refused_change_tells_nobody(full, tenant, lead):
    colleague = make_seat(tenant)
    lost = status_id(tenant, "Lost")
    refused = full.patch(f"/leads/{lead['id']}", {"assignedToId": str(colleague.id), "statusId": lost})
    assert refused.status_code == 400
    duplicate = body(email=lead["email"], assignedToId=str(colleague.id), onDuplicate="reject")
    assert full.post("/leads", duplicate).status_code == 409
    assert mails("lead_assigned") == []
