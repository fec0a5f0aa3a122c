"""Mails to members about leads: one was given to them, something they planned is due."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from crm.models import Lead, LeadActivity
from crm.selectors.members import member_who_sees
from nextgenerp.core.tenancy import Actor, tenant_zone
from nextgenerp.mail.services import send


def tell_assignee(lead: Lead, *, actor: Actor) -> None:
    """Mail whoever a lead has just been assigned to, in the transaction that does it; nobody mails themselves."""
    if lead.assigned_to_id in (None, actor.seat_id):
        return
    seat = member_who_sees(lead.assigned_to_id, lead)
    if seat is None or not wants(seat, "leadAssigned"):
        return
    values = {
        "name": seat.first_name or "there",
        "lead": lead.name,
        "number": lead.lead_number,
        "assigned_by": actor.name or "NextGenERP",
        "url": address_of(lead),
    }
    send("lead_assigned", seat.user.email, values)


@transaction.atomic
def remind(activity_id: str, reminder_at: datetime) -> None:
    """Mail the reminder of an activity, once, to whom it is assigned; locks the activity.

    Nothing happens for one that was done, called off or put off since, or whose assignee no longer sees the lead.
    """
    activity = LeadActivity.objects.select_for_update().filter(id=activity_id).first()
    if activity is None or activity.status != LeadActivity.Status.PLANNED:
        return
    if activity.reminder_at != reminder_at or activity.reminded_at is not None:
        return
    activity.reminded_at = timezone.now()
    activity.save(update_fields=["reminded_at"])
    lead = Lead.objects.select_related("company").get(pk=activity.lead_id)
    seat = member_who_sees(activity.assigned_to_id, lead)
    if seat is not None and wants(seat, "reminders"):
        send("reminder", seat.user.email, reminder_values(activity, lead, seat))


def reminder_values(activity: LeadActivity, lead: Lead, seat: Any) -> dict[str, str]:
    assert activity.scheduled_at is not None, "what has a reminder has an instant"
    zone = ZoneInfo(seat.settings["timezone"]) if "timezone" in seat.settings else tenant_zone()
    return {
        "name": seat.first_name or "there",
        "activity": activity.get_type_display(),
        "subject": activity.title,
        "record": f"{lead.name} ({lead.lead_number})",
        "due": f"{activity.scheduled_at.astimezone(zone):%d %b %Y, %H:%M} ({zone})",
        "url": address_of(lead),
    }


def wants(seat: Any, kind: str) -> bool:
    """Whether a member wants mails of a kind; they do unless their settings say otherwise."""
    return seat.settings.get("notifications", {}).get(kind, True)


def address_of(lead: Lead) -> str:
    return f"{settings.FRONTEND_URL}/leads/{lead.pk}"
