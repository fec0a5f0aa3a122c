"""What plainly invented leads have behind and before them: calls that were made, meetings that are planned."""

import random
from datetime import datetime, timedelta

from crm.models import CONTACTS, Lead, LeadActivity, LeadStatus

DONE = (
    ("call", "Demo: first call", "Demo: wants a price list"),
    ("email", "Demo: price list sent", "Demo: compares with two others"),
    ("whatsapp", "Demo: photos sent", "Demo: likes the second one"),
    ("meeting", "Demo: visit to the works", "Demo: wants twenty pieces first"),
    ("note", "Demo: opens at eleven", ""),
)
PLANNED = (
    ("call", "Demo: ask for the order"),
    ("meeting", "Demo: show the samples"),
    ("whatsapp", "Demo: send the brochure"),
    ("task", "Demo: find out who decides"),
)


def activities_of(lead: Lead, now: datetime) -> list[LeadActivity]:
    """Activities of a demo lead that is not stored yet, whose follow-up and facts are set to what follows from them.

    The same lead always gets the same. Nobody is reminded of any.
    """
    choice = random.Random(f"activities of {lead.email}")  # noqa: S311 - demo data
    contacted = not lead.status.is_default
    made = [done(lead, choice, now) for _ in range(choice.randrange(1, 4))] if contacted else []
    if lead.status.type == LeadStatus.Type.OPEN and choice.random() < 0.5:
        made.append(planned(lead, choice, now))
    times = [one.completed_at for one in made if one.completed_at]
    contacts = [one.completed_at for one in made if one.completed_at and one.type in CONTACTS]
    lead.next_follow_up_at = min((one.scheduled_at for one in made if not one.completed_at), default=None)
    lead.last_activity_at = max(times, default=None)
    lead.first_contacted_at = min(contacts, default=None)
    if lead.status.type == LeadStatus.Type.LOST:
        lead.lost_at = max([*times, lead.created_at])
    return made


def done(lead: Lead, choice: random.Random, now: datetime) -> LeadActivity:
    kind, subject, outcome = choice.choice(DONE)
    at = min(lead.created_at + timedelta(hours=choice.randrange(1, 200)), now)
    return LeadActivity(
        lead=lead, type=kind, subject=subject, scheduled_at=at, status=LeadActivity.Status.COMPLETED, completed_at=at,
        outcome=outcome, assigned_to_id=lead.assigned_to_id, created_by_id=lead.created_by_id,
    )  # fmt: skip


def planned(lead: Lead, choice: random.Random, now: datetime) -> LeadActivity:
    kind, subject = choice.choice(PLANNED)
    return LeadActivity(
        lead=lead, type=kind, subject=subject, scheduled_at=now + timedelta(hours=choice.randrange(-48, 240)),
        duration_minutes=30, assigned_to_id=lead.assigned_to_id, created_by_id=lead.created_by_id,
    )  # fmt: skip
