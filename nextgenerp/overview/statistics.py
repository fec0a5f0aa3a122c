"""What tenants have, in figures: the worker counts in one tenant's schema after the other and keeps it in public."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from crm.models import Customer, Deal, Lead
from finance.selectors.summary import total_revenue
from nextgenerp.core import seats
from nextgenerp.core.tasks import in_every_tenant
from nextgenerp.core.tenancy import current_schema
from nextgenerp.database.models import TenantStatistics
from sales.models import Quotation, SalesOrder

GATHER = "nextgenerp.overview.statistics.gather"
NAMES = ("users", "leads", "customers", "deals", "quotations", "sales_orders", "revenue")


def active_seats() -> int:
    return seats.of_tenant().filter(is_active=True).count()


# What computes a figure in the current tenant's schema.
FIGURES: dict[str, Callable[[], Any]] = {
    "users": active_seats,
    "leads": Lead.objects.count,
    "customers": Customer.objects.count,
    "deals": Deal.objects.count,
    "quotations": Quotation.objects.count,
    "sales_orders": SalesOrder.objects.count,
    "revenue": total_revenue,
}


def gather_everywhere() -> None:
    """Let every active tenant be counted; the worker's clock calls this each minute."""
    in_every_tenant(GATHER)


def gather() -> None:
    """Count what the current tenant has and keep it; the worker's task in each tenant's schema."""
    figures = {"generated_at": timezone.now()} | {name: count() for name, count in FIGURES.items()}
    row = TenantStatistics(schema_name=current_schema(), **figures)
    TenantStatistics.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["schema_name"], update_fields=list(figures)
    )


def totals(tenants: list[Any]) -> dict[str, Any]:
    """The kept figures of some tenants, together and one by one, with one query; zeros where none are kept yet."""
    rows = {tenant.schema_name: TenantStatistics(schema_name=tenant.schema_name) for tenant in tenants}
    rows |= {row.schema_name: row for row in TenantStatistics.objects.filter(schema_name__in=list(rows))}
    by_tenant = [
        {"tenant": tenant, "generated_at": row.generated_at} | {name: getattr(row, name) for name in NAMES}
        for tenant, row in zip(tenants, rows.values(), strict=True)
    ]
    sums = {name: sum(one[name] for one in by_tenant) for name in NAMES}
    return {"tenants": len(by_tenant), **sums, "by_tenant": by_tenant}
