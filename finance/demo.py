"""Plainly invented expenses and service invoices for a demo tenant; ``seed_demo`` comes through here, as often as it
likes."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from crm.models import Customer
from finance.models import Expense, Invoice
from finance.services.expenses import create_expense, update_expense
from finance.services.invoices import create_invoice
from finance.services.issuing import cancel_invoice, issue_invoice
from nextgenerp.core.tenancy import Actor, tenant_today

MARK = "Demo data"
# Category, vendor, amount with GST, rate, how it was paid; every month anew.
EXPENSES = (
    ("Rent", "Demo Estates", "29500.00", "18", "bank_transfer"),
    ("Electricity", "Sample Power Co.", "6480.00", "0", "upi"),
    ("Internet", "Example Telecom", "1769.00", "18", "card"),
    ("Travel", "Trial Taxis", "2625.00", "5", "cash"),
    ("Stationery", "नमूना स्टेशनर्स", "944.00", "18", "cash"),
)
MONTHS = 4
# Days ago, days until it is due, what for, the price without GST, and how it ended.
INVOICES = (
    (70, 30, "Demo consulting, first part", "18000", "sent"),
    (12, 15, "Demo installation on site", "7500", "sent"),
    (8, 15, "Demo training, entered twice", "4000", "cancelled"),
    (1, 15, "Demo yearly maintenance", "12000", "draft"),
)


@transaction.atomic
def seed(clerk: Actor, boss: Actor) -> int:
    """Make demo expenses, entered by one and approved by another, and invoices; returns how many, 0 where there are."""
    if Expense.objects.filter(notes=MARK).exists():
        return 0
    months = range(MONTHS)
    for month in months:
        for row in EXPENSES:
            spend(month, *row, clerk=clerk, boss=boss)
    buyer = Customer.objects.order_by("created_at").first()
    made = [bill(buyer, *row, actor=boss) for row in INVOICES] if buyer else []
    return len(months) * len(EXPENSES) + len(made)


def spend(
    month: int, category: str, vendor: str, amount: str, rate: str, method: str, *, clerk: Actor, boss: Actor
) -> None:
    """An expense of some months ago: paid, of this month approved, the last of its kind still pending."""
    values: dict[str, Any] = {
        "date": tenant_today() - timedelta(days=30 * month + 3), "category": category, "vendor_name": vendor,
        "amount": Decimal(amount), "gst_rate": Decimal(rate), "payment_method": method, "notes": MARK,
    }  # fmt: skip
    expense = create_expense(values, actor=clerk)
    if month == 0 and category == EXPENSES[-1][0]:
        return
    update_expense(expense, {"status": "approved"}, actor=boss)
    if month:
        update_expense(expense, {"status": "paid"}, actor=clerk)


def bill(buyer: Customer, ago: int, due: int, what: str, price: str, end: str, *, actor: Actor) -> Invoice:
    """An invoice that is no order's."""
    day = tenant_today() - timedelta(days=ago)
    line = {
        "name": what,
        "hsn_sac": "998719",
        "quantity": Decimal(1),
        "unit": "OTH",
        "unit_price": Decimal(price),
    }
    values = {"customer": buyer, "date": day, "due_date": day + timedelta(days=due), "reference_no": MARK}
    invoice = create_invoice(values, [{**line, "gst_rate": Decimal(18)}], actor=actor)
    if end != "draft":
        issue_invoice(invoice, actor=actor)
    return cancel_invoice(invoice, "Entered twice", actor=actor) if end == "cancelled" else invoice
