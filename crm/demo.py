"""Plainly invented leads for a demo tenant; ``seed_demo`` comes through here, as often as it likes."""

import random
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from crm.demo_activities import activities_of
from crm.models import Lead, LeadActivity, LeadCompany, LeadSource, LeadStatus, LeadTag, LeadTagging
from crm.normal import name_key
from nextgenerp.core import entitlements
from nextgenerp.core.history import new_entry
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import Actor

FIRST_NAMES = ("Demo", "Sample", "Example", "Trial", "Test", "नमूना", "डेमो", "उदाहरण")
LAST_NAMES = ("One", "Two", "Three", "Four", "Five", "एक", "दो", "तीन")
COMPANIES = ("Demo Traders", "Sample Textiles", "Example Engineering", "Trial Foods", "डेमो उद्योग", "")
CITIES = (("Pune", "Maharashtra"), ("Jaipur", "Rajasthan"), ("Kochi", "Kerala"), ("Indore", "Madhya Pradesh"))
TAGS = (("Demo: hot deal", "#EF4444"), ("Demo: exhibition", "#3B82F6"), ("Demo: repeat", "#22C55E"))
# How many of a hundred leads are in the n-th status.
WEIGHTS = (30, 20, 15, 10, 8, 10, 7)
BATCH = 1000


@transaction.atomic
def seed(actor: Actor, n: int) -> int:
    """Make demo leads 1 to ``n``, except those that are there; returns how many were made."""
    emails = {f"demo-lead-{number}@example.com": number for number in range(1, n + 1)}
    present = set(Lead.objects.filter(email_key__in=list(emails)).values_list("email_key", flat=True))
    numbers = [number for email, number in emails.items() if email not in present]
    if not numbers:
        return 0
    first = entitlements.claim("leads", len(numbers)) - len(numbers) + 1
    world = World()
    leads = [world.lead(number, f"LD-{first + i:05d}", actor) for i, number in enumerate(numbers)]
    activities = [activity for lead in leads for activity in activities_of(lead, world.now)]
    made = {lead.id: lead.created_at for lead in leads}
    Lead.objects.bulk_create(leads, BATCH)
    for lead in leads:  # creating put the present instant there
        lead.created_at = lead.updated_at = made[lead.id]
    Lead.objects.bulk_update(leads, ["created_at", "updated_at"], BATCH)
    LeadTagging.objects.bulk_create(
        [LeadTagging(lead=lead, tag=tag) for lead in leads for tag in world.tags_of(lead)], BATCH
    )
    LeadActivity.objects.bulk_create(activities, BATCH)
    records = [*leads, *activities]
    HistoryEntry.objects.bulk_create([new_entry(one, "created", actor=actor) for one in records], BATCH)
    return len(leads)


class World:
    """What demo leads refer to; the same number always gives the same lead."""

    def __init__(self) -> None:
        self.statuses = list(LeadStatus.objects.all())
        self.sources = list(LeadSource.objects.all())
        self.companies = [self.company(name) if name else None for name in COMPANIES]
        self.tags = [
            LeadTag.objects.get_or_create(name_key=name_key(name), defaults={"name": name, "color": color})[0]
            for name, color in TAGS
        ]
        self.now = timezone.now()

    def company(self, name: str) -> LeadCompany:
        return LeadCompany.objects.get_or_create(name_key=name_key(name), defaults={"name": name})[0]

    def lead(self, number: int, lead_number: str, actor: Actor) -> Lead:
        choice = random.Random(number)  # noqa: S311 - demo data
        [status] = choice.choices(self.statuses, WEIGHTS[: len(self.statuses)])
        created = self.now - timedelta(minutes=number * 200 + choice.randrange(200))
        city, state = choice.choice(CITIES)
        lead = Lead(
            lead_number=lead_number,
            first_name=choice.choice(FIRST_NAMES),
            last_name=f"{choice.choice(LAST_NAMES)} {number}",
            company=choice.choice(self.companies),
            email=f"demo-lead-{number}@example.com",
            phone=f"+91{6_000_000_000 + number * 7919 % 4_000_000_000}",
            source=choice.choice(self.sources),
            status=status,
            priority=choice.choice(Lead.Priority.values),
            rating=choice.choice([*Lead.Rating.values, None]),
            estimated_value=choice.choice([None, Decimal(choice.randrange(1000, 500_000))]),
            city=city,
            state=state,
            country="India",
            assigned_to_id=choice.choice([actor.seat_id, actor.seat_id, None]),
            created_by_id=actor.seat_id,
            lost_reason="Demo: too dear" if status.type == LeadStatus.Type.LOST else "",
            created_at=created,
        )
        lead.derive()
        return lead

    def tags_of(self, lead: Lead) -> list[LeadTag]:
        choice = random.Random(lead.email)  # noqa: S311 - demo data
        return choice.sample(self.tags, choice.choice([0, 0, 1, 2]))
