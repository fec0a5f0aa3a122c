"""Activities of leads: planned, done, put off, called off. The lead's follow-up and facts follow from them.

An activity does not change the lead's version; its own history is its own.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Min, Q
from django.utils import timezone

from crm.models import CONTACTS, Lead, LeadActivity
from crm.selectors.members import member_who_sees
from nextgenerp.core import history
from nextgenerp.core.exceptions import Invalid, InvalidTransition
from nextgenerp.core.tasks import after_commit
from nextgenerp.core.tenancy import Actor

Status = LeadActivity.Status
TIMELESS = (LeadActivity.Type.TASK, LeadActivity.Type.NOTE)  # there may be no instant for these
# What may still change: all of a planned activity, of one that is over what was written about it.
CHANGEABLE = {Status.COMPLETED: {"subject", "description", "outcome"}, Status.CANCELLED: set()}
ACTIONS = {Status.COMPLETED: "completed", Status.CANCELLED: "cancelled"}


@transaction.atomic
def plan_activity(lead: Lead, values: dict[str, Any], *, actor: Actor) -> LeadActivity:
    """Plan a follow-up of a lead, or keep a note; the caller holds the lead's row lock.

    It is the actor's own unless it is assigned. A note without an instant is done as it is written. Raises Invalid.
    """
    activity = LeadActivity(
        **{"assigned_to_id": actor.seat_id, **values}, lead=lead, created_by_id=actor.seat_id
    )
    refuse_incomplete(activity)
    refuse_blind_assignee(activity, actor=actor)
    if activity.type == LeadActivity.Type.NOTE and activity.scheduled_at is None:
        activity.status, activity.completed_at = Status.COMPLETED, timezone.now()
    set_reminder(activity)
    activity.save(force_insert=True)
    history.record(activity, "created", actor=actor)
    bring_in_line(lead, planned=activity.scheduled_at is not None)
    return activity


@transaction.atomic
def change_activity(activity: LeadActivity, values: dict[str, Any], *, actor: Actor) -> LeadActivity:
    """Complete, put off, call off or reword an activity; the caller locks its lead, then it.

    Raises Invalid, and InvalidTransition for what is over.
    """
    refuse_late_change(activity, values)
    status = values.get("status", activity.status)
    if values.get("outcome") and status != Status.COMPLETED:
        raise Invalid.field("outcome", "not_completed", "An outcome is what came of a completed activity.")
    done = {"completed_at": timezone.now()} if status == Status.COMPLETED != activity.status else {}
    timed = activity.scheduled_at is not None
    changes = history.changed(activity, {**values, **done})
    if not changes:
        return activity
    refuse_incomplete(activity)
    if "assigned_to_id" in changes:
        refuse_blind_assignee(activity, actor=actor)
    set_reminder(activity)
    activity.version += 1
    activity.save(update_fields=[*changes, "reminder_at", "reminded_at", "version", "updated_at"])
    usual = "rescheduled" if "scheduled_at" in changes else "updated"
    action = ACTIONS.get(status, usual) if "status" in changes else usual
    history.record(activity, action, actor=actor, changes=changes)
    bring_in_line(activity.lead, planned=timed or activity.scheduled_at is not None)
    return activity


def refuse_incomplete(activity: LeadActivity) -> None:
    """An activity says what it is about, and but for tasks and notes when it is. Raises Invalid."""
    if not activity.subject and not activity.description:
        raise Invalid.field("subject", "required", "A subject or a description is needed.")
    if activity.scheduled_at is None and activity.type not in TIMELESS:
        raise Invalid.field("scheduledAt", "required", f"When is this {activity.get_type_display()}?")
    if activity.scheduled_at is None and activity.reminder_minutes is not None:
        raise Invalid.field("reminderMinutes", "invalid", "Only what has an instant has a reminder.")


def refuse_blind_assignee(activity: LeadActivity, *, actor: Actor) -> None:
    """Whoever an activity is assigned to sees its lead. Raises Invalid."""
    assignee = activity.assigned_to_id
    if assignee not in (None, actor.seat_id) and member_who_sees(assignee, activity.lead) is None:
        raise Invalid.field("assignedToId", "cannot_see_lead", "This member does not see this lead.")


def refuse_late_change(activity: LeadActivity, values: dict[str, Any]) -> None:
    """Raises InvalidTransition for a change of what is over."""
    different = {name for name, value in values.items() if getattr(activity, name) != value}
    if activity.status != Status.PLANNED and not different <= CHANGEABLE[Status(activity.status)]:
        raise InvalidTransition(f"The activity is {activity.status}.", state=activity.status)


def set_reminder(activity: LeadActivity) -> None:
    """Let the worker remind at the activity's instant less its minutes; at once where that is past already.

    Earlier tasks of the same activity find another instant on it and do nothing.
    """
    now = timezone.now()
    at = reminder_at(activity, now)
    if at == activity.reminder_at:
        return
    activity.reminder_at = at
    if at is not None:
        activity.reminded_at = None
        after_commit("crm.tasks.remind", str(activity.id), at.isoformat(), due_at=at if at > now else None)


def reminder_at(activity: LeadActivity, now: datetime) -> datetime | None:
    """When an activity is to be reminded of; None for one without reminder, and for what is over or past."""
    scheduled, minutes = activity.scheduled_at, activity.reminder_minutes
    if scheduled is None or minutes is None or scheduled <= now or activity.status != Status.PLANNED:
        return None
    return scheduled - timedelta(minutes=minutes)


def bring_in_line(lead: Lead, *, planned: bool) -> None:
    """Store what follows from a lead's activities; its version and ``updated_at`` stay.

    ``planned``: something with an instant changed, so that the next follow-up is the earliest planned one. Otherwise
    one that somebody set by hand stays.
    """
    found = lead.activities.aggregate(
        next=Min("scheduled_at", filter=Q(status=Status.PLANNED)),
        last=Max("completed_at"),
        first=Min("completed_at", filter=Q(type__in=CONTACTS)),
    )
    columns = {
        "next_follow_up_at": found["next"] if planned else lead.next_follow_up_at,
        "last_activity_at": max(filter(None, (lead.last_activity_at, found["last"])), default=None),
        "first_contacted_at": min(filter(None, (lead.first_contacted_at, found["first"])), default=None),
    }
    if history.changed(lead, columns):
        Lead.objects.filter(pk=lead.pk).update(**columns)
