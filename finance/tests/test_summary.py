"""/finance/summary: exact sums, reckoned a second time in plain Python over random books."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Tenant
from finance.models import Expense, Invoice, Receipt
from finance.selectors.summary import MONTHLY, current_financial_year, months_of, total_revenue
from finance.tests.books import (
    EVERYTHING,
    charging_gst,
    day,
    field_errors,
    issue,
    line,
    make_customer,
    make_expense,
    make_invoice,
    path_of,
    pay,
)
from nextgenerp.core.periods import Period
from nextgenerp.core.tenancy import tenant_context, tenant_today
from nextgenerp.database.ids import new_id
from nextgenerp.testing.client import Client
from nextgenerp.testing.factories import make_seat

ZERO = Decimal("0.00")
TAXES = ("cgst", "sgst", "igst", "cess")


@pytest.fixture
def clerk(member):
    return member(finance=EVERYTHING, customers=EVERYTHING)


def summary(client, query=""):
    response = client.get(f"/finance/summary?{query}")
    assert response.status_code == 200, response.content
    return response.json()


def test_nothing_is_zero(clerk, tenant, queries):
    with queries() as seen:
        found = summary(clerk)
    with tenant_context(tenant):
        year = current_financial_year()
    assert (found["from"], found["to"]) == (str(year.first), str(year.last))
    assert [row["month"] for row in found["monthly"]] == [f"{month:%Y-%m}" for month in months_of(year)]
    assert len(found["monthly"]) == 12
    assert {name: value for name, value in found.items() if name not in {"from", "to", "monthly"}} == {
        **dict.fromkeys((*MONTHLY, "profit", "outstanding", "overdue"), "0.00"),
        "taxCollected": dict.fromkeys(TAXES, "0.00"),
    }  # fmt: skip
    assert {value for row in found["monthly"] for name, value in row.items() if name != "month"} == {"0.00"}
    assert len(seen) <= 5


def test_a_business_in_figures(clerk, tenant):
    charging_gst(tenant)
    buyer = make_customer(clerk)
    today, month = day(), day()[:7]
    period = f"from={today}&to={today}"
    issued = issue(clerk, buyer, lines=[line(), line(name="Book", unitPrice="50", taxTreatment="exempt")])
    issue(clerk, buyer, reverseCharge=True, lines=[line(unitPrice="100")])
    overdue = issue(clerk, buyer, date=day(-40), dueDate=day(-10), lines=[line(unitPrice="10")])
    make_invoice(clerk, buyer)
    cancelled = issue(clerk, buyer)
    clerk.patch(path_of(cancelled), {"status": "cancelled", "reason": "Wrong"})
    payment = pay(clerk, issued, "500.00", tdsAmount="30.00")
    pay(clerk, issued, "200.00")
    clerk.post(f"{path_of(issued)}/payments/{payment['id']}/reverse", {"reason": "Bounced"})
    pay(clerk, overdue, "1.80", date=day(-1))
    boss = Client(make_seat(tenant, "tenant_admin"))
    for amount, status in (("118.00", "approved"), ("59.00", "pending"), ("11.80", "rejected")):
        expense = make_expense(clerk, amount=amount, date=today)
        if status != "pending":
            assert boss.patch(f"/finance/expenses/{expense['id']}", {"status": status}).status_code == 200
    found = summary(clerk, period)
    assert {name: value for name, value in found.items() if name != "monthly"} == {
        "from": today, "to": today, "revenue": "1150.00", "grossRevenue": "1330.00", "collected": "200.00",
        "expenses": "100.00", "profit": "1050.00", "outstanding": "1140.20", "overdue": "10.20",
        "taxCollected": {"cgst": "90.00", "sgst": "90.00", "igst": "0.00", "cess": "0.00"},
    }  # fmt: skip
    assert found["monthly"] == [{
        "month": month, "revenue": "1150.00", "grossRevenue": "1330.00", "collected": "200.00", "expenses": "100.00",
        "profit": "1050.00",
    }]  # fmt: skip
    rows = clerk.get("/finance/invoices?status=sent,partially_paid,overdue").json()["data"]
    assert sum(Decimal(row["balance"]) for row in rows) == Decimal(found["outstanding"])
    with tenant_context(tenant):
        assert total_revenue() == Decimal("1160.00")


def test_the_scope_is_the_callers(clerk, member, tenant):
    mine = member(finance=EVERYTHING, customers=EVERYTHING, scope="own")
    invoice = issue(mine)
    pay(mine, invoice, "1.00")
    pay(clerk, issue(clerk), "2.00")
    assert [summary(mine)[name] for name in ("revenue", "collected", "outstanding")] == [
        "1000.00",
        "1.00",
        "999.00",
    ]
    assert summary(member(finance=["view"]))["collected"] == "3.00"
    assert member(leads=["view"]).get("/finance/summary").status_code == 403


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("from=2026-04-01&to=2026-03-31", ("to", "out_of_range")),
        ("from=2000-01-01&to=2026-01-01", ("to", "out_of_range")),
        ("from=1.4.2026", ("from", "invalid")),
        ("to=2026-02-30", ("to", "invalid")),
        ("year=2026", ("year", "unknown_parameter")),
    ],
)
def test_a_period_that_is_none_is_refused(clerk, query, error):
    assert field_errors(clerk.get(f"/finance/summary?{query}")) == {error}


@pytest.mark.parametrize(
    ("zone", "first"), [("Pacific/Kiritimati", date(2027, 4, 1)), ("Pacific/Pago_Pago", date(2026, 4, 1))]
)
def test_the_year_is_the_tenants(tenant, monkeypatch, zone, first):
    """At noon of 31 March in Greenwich it is April in Kiritimati and still March in Pago Pago."""
    noon = datetime(2027, 3, 31, 12, tzinfo=UTC)
    monkeypatch.setattr("nextgenerp.core.tenancy.timezone.now", lambda: noon)
    tenant.time_zone = zone
    with tenant_context(tenant):
        assert current_financial_year() == Period(
            first, first.replace(year=first.year + 1) - timedelta(days=1)
        )


DAYS = st.sampled_from([
    date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1), date(2026, 11, 30), date(2026, 12, 31),
    date(2027, 1, 1), date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 1), date(2024, 2, 29),
]) | st.dates(date(2024, 1, 1), date(2027, 12, 31))  # fmt: skip
AMOUNTS = st.integers(0, 10**9).map(lambda paise: Decimal(paise).scaleb(-2))
PAISA = Decimal("0.01")
ISSUED = ("sent", "partially_paid", "paid")


@st.composite
def invoices(draw):
    status = draw(st.sampled_from(["draft", *ISSUED, *ISSUED, "cancelled"]))
    payable = draw(AMOUNTS) + 2 * PAISA
    settled = {"partially_paid": payable - PAISA, "paid": payable}.get(status, ZERO)
    return {name: draw(AMOUNTS) for name in ("taxable_value", "exempt_value", *TAXES)} | {
        "status": status, "date": draw(DAYS), "payable": payable, "settled": settled,
        "reverse_charge": draw(st.booleans()), "due_in": draw(st.sampled_from([None, -1, 0, 1])),
    }  # fmt: skip


@st.composite
def receipts(draw):
    """Money received, and the day it was reversed, if it was."""
    return draw(AMOUNTS) + PAISA, draw(AMOUNTS), draw(DAYS), draw(st.none() | DAYS)


@st.composite
def expenses(draw):
    amount = draw(AMOUNTS) + PAISA
    status = draw(st.sampled_from(["pending", "approved", "rejected", "paid"]))
    return {"amount": amount, "gst_amount": min(draw(AMOUNTS), amount), "date": draw(DAYS), "status": status}


def store(customer_id, made, received, spent):
    """Rows as they are given: what the summary says may not depend on how they came about."""
    today = tenant_today()
    invoices = [
        Invoice(
            customer_id=customer_id, number=f"R-{index}", counted_in="2026-11", search_text="",
            due_date=None if one["due_in"] is None else max(one["date"], today + timedelta(days=one["due_in"])),
            **{name: value for name, value in one.items() if name != "due_in"},
        )
        for index, one in enumerate(made)
    ]  # fmt: skip
    Invoice.objects.bulk_create(invoices)
    entries = []
    for amount, tds, on, back in received:
        entry = {"customer_id": customer_id, "proforma_invoice_id": new_id(), "method": "upi"}
        first = Receipt(**entry, amount=amount, tds_amount=tds, date=on)
        entries.append(first)
        if back is not None:
            entries.append(Receipt(**entry, amount=-amount, tds_amount=-tds, date=back, reverses=first))
    Receipt.objects.bulk_create(entries)
    keys = {"category": "x", "category_key": "x", "vendor_key": "", "search_text": ""}
    Expense.objects.bulk_create(
        Expense(number=f"E-{index}", **keys, **one) for index, one in enumerate(spent)
    )
    return invoices, entries


def reckoned(period, today, invoices, entries, spent):
    """The same figures in plain Python."""
    months = {f"{month:%Y-%m}": dict.fromkeys(MONTHLY, ZERO) for month in months_of(period)}

    def add(name, day, amount):
        if period.first <= day <= period.last:
            months[f"{day:%Y-%m}"][name] += amount

    open_ones = [one for one in invoices if one.status in {"sent", "partially_paid"}]
    issued = [one for one in invoices if one.status in ISSUED]
    for one in issued:
        add("revenue", one.date, one.taxable_value + one.exempt_value)
        add("grossRevenue", one.date, one.payable)
    for entry in entries:
        add("collected", entry.date, entry.amount)
    for one in spent:
        add(
            "expenses",
            one["date"],
            one["amount"] - one["gst_amount"] if one["status"] in {"approved", "paid"} else 0,
        )
    own = [one for one in issued if not one.reverse_charge and period.first <= one.date <= period.last]
    late = [one for one in open_ones if one.due_date and one.due_date < today]
    sums = {name: sum((month[name] for month in months.values()), ZERO) for name in MONTHLY}
    return {
        "from": str(period.first), "to": str(period.last), **printed(sums),
        "profit": f"{sums['revenue'] - sums['expenses']:.2f}",
        "outstanding": f"{sum((one.balance for one in open_ones), ZERO):.2f}",
        "overdue": f"{sum((one.balance for one in late), ZERO):.2f}",
        "taxCollected": printed({name: sum((getattr(one, name) for one in own), ZERO) for name in TAXES}),
        "monthly": [
            {"month": name, **printed(month), "profit": f"{month['revenue'] - month['expenses']:.2f}"}
            for name, month in months.items()
        ],
    }  # fmt: skip


def printed(figures):
    return {name: f"{amount:.2f}" for name, amount in figures.items()}


@settings(
    max_examples=25, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    made=st.lists(invoices(), max_size=12), received=st.lists(receipts(), max_size=8),
    spent=st.lists(expenses(), max_size=8), days=st.tuples(DAYS, DAYS).map(sorted),
    zone=st.sampled_from(["Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago"]),
)  # fmt: skip
def test_the_figures_are_those_of_the_rows(clerk, customer_id, tenant, made, received, spent, days, zone):
    period = Period(*days)
    with transaction.atomic():
        Tenant.objects.filter(pk=tenant.pk).update(time_zone=zone)
        tenant.time_zone = zone
        with tenant_context(tenant):
            rows = store(customer_id, made, received, spent)
            expected = reckoned(period, tenant_today(), *rows, spent)
        found = summary(clerk, f"from={period.first}&to={period.last}")
        transaction.set_rollback(True)
    assert found == expected


@pytest.fixture
def customer_id(clerk):
    return make_customer(clerk)
