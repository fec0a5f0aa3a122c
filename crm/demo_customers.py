"""Plainly invented customers and deals for a demo tenant; ``seed_demo`` comes through here, as often as it likes."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from stdnum import luhn

from crm.models import Customer, Deal, Lead, LeadStatus
from crm.services.conversion import convert_lead
from crm.services.customers import create_customer
from crm.services.deals import create_deal
from nextgenerp.core.addresses import complete_address
from nextgenerp.core.tenancy import Actor, tenant_today

NAMES = ("Demo Traders", "Sample Textiles", "Example Engineering", "Trial Foods", "डेमो उद्योग", "नमूना वस्त्र")
PLACES = (
    ("Pune", "27", "411001"), ("Jaipur", "08", "302001"), ("Kochi", "32", "682001"), ("Indore", "23", "452001"),
)  # fmt: skip
GOODS = ("looms", "yarn", "packing", "spare parts", "maintenance")
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CONVERTED = 30  # of the first demo leads, those that are won have become customers


@transaction.atomic
def seed(actor: Actor, n: int) -> tuple[int, int]:
    """Make demo customers 1 to ``n`` with a deal or two each, and convert the first leads that are won, except what is
    there; returns how many customers and deals were made."""
    customers, deals = Customer.objects.count(), Deal.objects.count()
    emails = [f"demo-customer-{number}@example.com" for number in range(1, n + 1)]
    present = set(Customer.objects.filter(email_key__in=emails).values_list("email_key", flat=True))
    for number, email in enumerate(emails, 1):
        if email not in present:
            seed_customer(number, email, actor)
    leads = [f"demo-lead-{number}@example.com" for number in range(1, CONVERTED + 1)]
    won = Lead.objects.filter(email_key__in=leads, converted_at=None, status__type=LeadStatus.Type.WON)
    for lead in won.order_by("id").select_related("status", "company").select_for_update(of=("self",)):
        convert_lead(lead, deal={"stage": Deal.Stage.WON.value}, actor=actor)
    return Customer.objects.count() - customers, Deal.objects.count() - deals


def seed_customer(number: int, email: str, actor: Actor) -> None:
    """A demo customer and its deals; the same number always gives the same ones."""
    choice = random.Random(f"customer {number}")  # noqa: S311 - demo data
    city, state, pin = choice.choice(PLACES)
    address = complete_address(
        {"line1": f"{number} Demo Road", "city": city, "stateCode": state, "pincode": pin}
    )
    registered = number % 3 != 0
    made = timezone.now() - timedelta(hours=number * 30)
    customer = create_customer(
        {
            "type": "business" if registered else "individual",
            "name": f"{choice.choice(NAMES)} {number}",
            "contact_person": f"Demo Person {number}",
            "email": email,
            "phone": f"+91{7_000_000_000 + number * 7919 % 1_000_000_000}",
            "gstin": demo_gstin(number, state) if registered else "",
            "billing_address": address,
            "shipping_addresses": [address | {"line1": f"Demo Warehouse {number}"}]
            if number % 4 == 0
            else [],
            "credit_limit": choice.choice([None, Decimal(50_000), Decimal(500_000)]),
            "credit_days": choice.choice([0, 15, 30]),
        },
        actor=actor,
    )
    Customer.objects.filter(id=customer.id).update(created_at=made)
    for _ in range(choice.choice([1, 1, 2])):
        deal = create_deal({"customer_id": customer.id, **deal_values(choice)}, actor=actor)
        Deal.objects.filter(id=deal.id).update(created_at=made + timedelta(hours=choice.randrange(1, 24)))


def deal_values(choice: random.Random) -> dict[str, Any]:
    stage = choice.choice(Deal.Stage.values)
    return {
        "title": f"Demo {choice.choice(GOODS)}",
        "value": Decimal(choice.randrange(100, 50_000) * 10),
        "stage": stage,
        "expected_close_date": tenant_today() + timedelta(days=choice.randrange(1, 90)),
        "lost_reason": "Demo: too dear" if stage == Deal.Stage.LOST else "",
    }


def demo_gstin(number: int, state: str) -> str:
    """A GSTIN that passes the check and says of itself that it is for demonstration."""
    stem = f"{state}DEMCO{number:04d}D1Z"
    return stem + luhn.calc_check_digit(stem, ALPHABET)
