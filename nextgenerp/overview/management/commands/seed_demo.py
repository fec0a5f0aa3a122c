"""manage.py seed_demo: Demo Traders with users and data of every kind, for development; again and again."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, User
from accounts.services.tenants import make_seat, open_organization
from crm import demo as crm_demo
from crm import demo_customers
from finance import demo as finance_demo
from inventory import demo as inventory_demo
from nextgenerp.core.tenancy import Actor, tenant_context
from sales import demo as sales_demo

COMPANY = "Demo Traders"
LEADS = 200
CUSTOMERS = 24
SUPER_ADMIN = "demo-super-admin@example.com"
OWNER = "demo-tenant-admin@example.com"
# Who else there is: address, role, last name, and the address of whom they report to.
TEAM = (
    ("demo-admin@example.com", "admin", "Admin", OWNER),
    ("demo-manager@example.com", "manager", "Manager", "demo-admin@example.com"),
    ("demo-staff@example.com", "staff", "Staff One", "demo-manager@example.com"),
    ("demo-staff-2@example.com", "staff", "Staff Two", "demo-manager@example.com"),
)


class Command(BaseCommand):
    help = "Make the demo tenant and write its log-ins to demo.json in VAR_DIR; refuses in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("Demo data is for development only.")
        path = settings.VAR_DIR / "demo.json"
        with transaction.atomic():
            password = seed_people(kept_password(path))
            seats = seed_seats()
        owner = seats[OWNER]
        with tenant_context(owner.tenant):
            leads = crm_demo.seed(actor_of(owner), LEADS)
            customers, deals = demo_customers.seed(actor_of(owner), CUSTOMERS)
            products = inventory_demo.seed(actor_of(owner))
            sales = sales_demo.seed(actor_of(owner))
            clerk = seats["demo-staff@example.com"]
            finances = finance_demo.seed(actor_of(clerk), actor_of(owner))
        write_logins(path, password)
        made = {
            "leads": leads,
            "customers": customers,
            "deals": deals,
            "products": products,
            "sales": sales,
            "entries in the books": finances,
        }
        new = ", ".join(f"{number} new {what}" for what, number in made.items())
        self.stdout.write(f"{COMPANY}: {len(seats)} users, {new}; the log-ins are in {path}.")


def kept_password(path: Path) -> str:
    """The password demo users were given before, empty when nobody knows any more."""
    try:
        return str(json.loads(path.read_text())["superAdmin"]["password"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def seed_people(password: str) -> str:
    """Make the demo users that are missing; all get one new password when the kept one is not theirs."""
    addresses = (SUPER_ADMIN, OWNER, *(address for address, *_ in TEAM))
    users = {user.email_key: user for user in User.objects.filter(email_key__in=addresses)}
    if len(users) == len(addresses) and password and users[SUPER_ADMIN].check_password(password):
        return password
    password = f"demo-{secrets.token_urlsafe(9)}"
    hashed = make_password(password)
    for address in addresses:
        user = users.get(address) or User(email=address, email_key=address)
        user.password, user.email_verified_at = hashed, timezone.now()
        user.is_super_admin = address == SUPER_ADMIN
        user.token_version += 1
        user.save()
    return password


def seed_seats() -> dict[str, Membership]:
    """Make the organization and the seats that are missing; the seats by address."""
    owner = User.objects.get(email_key=OWNER)
    first = Membership.objects.filter(user=owner, tenant__parent=None).select_related("tenant").first()
    if first is None:
        first = open_organization(
            COMPANY, owner, gstin="27AAPFU0939F1ZV", state_code="27", first_name="Demo", last_name="Owner"
        )
    tenant = first.tenant
    seats = {seat.user.email_key: seat for seat in tenant.seats.select_related("user", "tenant")}
    for address, role, last_name, manager in TEAM:
        if address not in seats:
            user = User.objects.get(email_key=address)
            seats[address] = make_seat(
                tenant, user, role, actor=actor_of(first), first_name="Demo", last_name=last_name,
                manager=seats[manager],
            )  # fmt: skip
    return seats


def actor_of(seat: Membership) -> Actor:
    return Actor(
        user_id=seat.user_id, seat_id=seat.id, role=seat.role, grants=seat.grants, tenant=seat.tenant,
        request_id="seed_demo",
    )  # fmt: skip


def write_logins(path: Path, password: str) -> None:
    """Write the log-ins down for the developer's eyes alone; a reader never sees half a file."""
    roles = {"superAdmin": SUPER_ADMIN, "tenantAdmin": OWNER}
    roles |= {"admin": TEAM[0][0], "manager": TEAM[1][0], "staff": TEAM[2][0]}
    logins = {role: {"email": address, "password": password} for role, address in roles.items()}
    content = {"baseUrl": settings.BASE_URL, **logins}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
    part.replace(path)
