"""What a period brought in and cost, and what is owed now: sums of the database, a query for each ledger."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from finance.models import Expense, Invoice, Receipt
from finance.models.invoices import OPEN
from nextgenerp.core.documents.number_format import financial_year
from nextgenerp.core.periods import Period
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import Actor, tenant_today

NOTHING = Decimal("0.00")
TAXES = ("cgst", "sgst", "igst", "cess")
MONTHLY = ("revenue", "grossRevenue", "collected", "expenses")
Months = dict[date, dict[str, Decimal]]


def current_financial_year() -> Period:
    """The financial year that has today in the tenant's zone, from April to March."""
    year = financial_year(tenant_today())
    return Period(date(year, 4, 1), date(year + 1, 3, 31))


def summary(period: Period, actor: Actor) -> dict[str, Any]:
    """The finances of a period, in rupees, within an actor's scope, as ``shapes.SUMMARY`` describes them.

    Four queries, whatever there is.
    """
    months: Months = {month: dict.fromkeys(MONTHLY, NOTHING) for month in months_of(period)}
    taxes = dict.fromkeys(TAXES, NOTHING)
    for month, revenue, gross, *charged in billed_by_month(period, actor):
        months[month] |= {"revenue": revenue, "grossRevenue": gross}
        taxes = {name: taxes[name] + (tax or NOTHING) for name, tax in zip(TAXES, charged, strict=True)}
    for name, sums in (("collected", collected(period, actor)), ("expenses", spent(period, actor))):
        for month, amount in sums:
            months[month][name] = amount
    totals = {name: sum((one[name] for one in months.values()), NOTHING) for name in MONTHLY}
    return {
        "from": period.first,
        "to": period.last,
        **totals,
        "profit": totals["revenue"] - totals["expenses"],
        **owed(actor),
        "taxCollected": taxes,
        "monthly": [
            {"month": f"{month:%Y-%m}", **one, "profit": one["revenue"] - one["expenses"]}
            for month, one in months.items()
        ],
    }


def finance_figures(period: Period, actor: Actor) -> tuple[dict[str, Any], dict[date, int]]:
    """The summary of a period, and how many issued invoices are of each day: a block of the dashboard."""
    issued = in_period(visible(billed(), actor), period)
    daily = issued.order_by().values_list("date").annotate(n=Count("*"))
    return summary(period, actor), dict(daily)


def total_revenue() -> Decimal:
    """The value of all issued invoices of the current tenant, without tax."""
    found: Decimal | None = billed().aggregate(sum=Sum(F("taxable_value") + F("exempt_value")))["sum"]
    return found or NOTHING


def months_of(period: Period) -> list[date]:
    """The first days of the months a period touches."""
    first, last = (day.year * 12 + day.month - 1 for day in (period.first, period.last))
    return [date(month // 12, month % 12 + 1, 1) for month in range(first, last + 1)]


def billed() -> QuerySet:
    """Issued invoices, as the index ``invoice_billed`` has them."""
    return Invoice.objects.exclude(status__in=["draft", "cancelled"])


def in_period(records: QuerySet, period: Period) -> QuerySet:
    return records.filter(date__gte=period.first, date__lte=period.last)


def by_month(records: QuerySet, **sums: Any) -> Iterable[tuple[Any, ...]]:
    """``(first day of the month, *sums)``."""
    months = records.order_by().annotate(month=TruncMonth("date")).values_list("month")
    return months.annotate(**sums).values_list("month", *sums)


def billed_by_month(period: Period, actor: Actor) -> Iterable[tuple[Any, ...]]:
    """Value without tax, payable, and each tax by month; under reverse charge the customer pays the tax, not we."""
    own = Q(reverse_charge=False)
    return by_month(
        in_period(visible(billed(), actor), period),
        revenue=Sum(F("taxable_value") + F("exempt_value")),
        gross=Sum("payable"),
        **{f"own_{name}": Sum(name, filter=own) for name in TAXES},
    )


def collected(period: Period, actor: Actor) -> Iterable[tuple[Any, ...]]:
    """What was received by month, less reversals; TDS went to the tax office."""
    return by_month(in_period(visible(Receipt.objects.all(), actor), period), sum=Sum("amount"))


def spent(period: Period, actor: Actor) -> Iterable[tuple[Any, ...]]:
    """Approved and paid expenses by month, net of GST."""
    counted = visible(Expense.objects.filter(status__in=["approved", "paid"]), actor)
    return by_month(in_period(counted, period), sum=Sum(F("amount") - F("gst_amount")))


def owed(actor: Actor) -> dict[str, Decimal]:
    """What is open now and what of it is overdue, whatever the period: from the index ``invoice_open`` alone."""
    balance, late = F("payable") - F("settled"), Q(due_date__lt=tenant_today())
    sums = visible(Invoice.objects.filter(status__in=OPEN), actor).aggregate(
        outstanding=Sum(balance), overdue=Sum(balance, filter=late)
    )
    return {name: amount or NOTHING for name, amount in sums.items()}
