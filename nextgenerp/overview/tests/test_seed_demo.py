"""The demo tenant: made once, found again, and never in production."""

import json
import stat

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Membership, Organization, User
from crm.models import Customer, Deal, Lead
from finance.models import Expense, Invoice
from inventory.models import Product, StockMovement
from nextgenerp.core.entitlements import used
from nextgenerp.core.models import HistoryEntry
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.testing.books import assert_books_are_clean
from sales.models import ProformaInvoice, Quotation, SalesOrder

DELIVERED = 5  # movements of the demo sales' deliveries


@pytest.fixture
def demo(tenants, db, settings, tmp_path):
    """Run the command; the content of demo.json."""
    settings.VAR_DIR = tmp_path

    def run():
        call_command("seed_demo", verbosity=0)
        return json.loads((tmp_path / "demo.json").read_text())

    return run


def state():
    return [model.objects.count() for model in (Organization, Membership, User)]


def figures(tenant):
    with tenant_context(tenant):
        return [
            model.objects.count() for model in (Lead, Customer, Deal, HistoryEntry, Product, StockMovement)
        ]


def test_everybody_can_sign_in_and_a_second_run_changes_nothing(demo, anonymous, tmp_path):
    before = state()
    logins = demo()
    assert state() == [before[0] + 1, before[1] + 5, before[2] + 6]
    assert stat.S_IMODE((tmp_path / "demo.json").stat().st_mode) == 0o600
    roles = {
        "superAdmin": "super_admin",
        "tenantAdmin": "tenant_admin",
        "admin": "admin",
        "manager": "manager",
    }
    for name, role in {**roles, "staff": "staff"}.items():
        response = anonymous.post("/auth/login", logins[name])
        assert response.status_code == 200
        assert response.json()["role"] == role
    assert logins["baseUrl"].startswith("http")
    assert list(logins) == ["baseUrl", *roles, "staff"]
    tenant = Membership.objects.get(user__email_key="demo-staff@example.com").tenant
    after = state(), figures(tenant)
    assert demo() == logins
    assert (state(), figures(tenant)) == after
    with tenant_context(tenant):
        assert Lead.objects.count() == 200
        converted = Lead.objects.exclude(converted_at=None).count()
        assert 0 < converted < 30
        demo_customers = Customer.objects.filter(email_key__startswith="demo-customer-")
        assert (demo_customers.count(), demo_customers.exclude(gstin="").count()) == (24, 16)
        assert Customer.objects.exclude(source_lead=None).count() == converted
        assert Deal.objects.count() >= 24 + converted
        assert (used("leads"), used("users"), used("products")) == (200, 5, 12)
        assert StockMovement.objects.count() == Product.objects.exclude(last_seq=0).count() + 12 + DELIVERED
        assert (Quotation.objects.count(), ProformaInvoice.objects.count(), SalesOrder.objects.count()) == (
            12,
            6,
            4,
        )
        assert set(Invoice.objects.values_list("status", flat=True)) == set(Invoice.Status.values)
        assert set(Expense.objects.values_list("status", flat=True)) == {"pending", "approved", "paid"}
        assert (used("expenses"), Expense.objects.count()) == (20, 20)
    assert_books_are_clean(tenant)
    reports = dict(tenant.seats.values_list("user__email_key", "manager__user__email_key"))
    assert reports["demo-staff-2@example.com"] == "demo-manager@example.com"
    assert reports["demo-manager@example.com"] == "demo-admin@example.com"


def test_lost_passwords_are_replaced(demo, anonymous, tmp_path):
    first = demo()
    (tmp_path / "demo.json").unlink()
    second = demo()
    assert second["staff"]["password"] != first["staff"]["password"]
    assert anonymous.post("/auth/login", first["staff"]).status_code == 401
    assert anonymous.post("/auth/login", second["staff"]).status_code == 200


def test_production_refuses(demo, settings, tmp_path):
    settings.DEVELOPMENT = False
    before = state()
    with pytest.raises(CommandError):
        demo()
    assert state() == before
    assert not (tmp_path / "demo.json").exists()
