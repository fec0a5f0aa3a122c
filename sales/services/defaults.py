"""What a new tenant's sales begin with; the provisioning of its schema comes through here."""

from typing import Any

from nextgenerp.core.provisioning import provisioner
from sales.models import ProformaInvoiceStatus, QuotationStatus, SalesOrderStatus

# Name, category, color: one status for each category, as the system itself moves documents.
DEFAULTS: dict[type[Any], tuple[tuple[str, str, str], ...]] = {
    QuotationStatus: (
        ("Draft", "draft", "#6B7280"),
        ("Sent", "sent", "#3B82F6"),
        ("Accepted", "accepted", "#22C55E"),
        ("Rejected", "rejected", "#EF4444"),
        ("Expired", "expired", "#F59E0B"),
        ("Converted", "converted", "#8B5CF6"),
        ("Superseded", "superseded", "#9CA3AF"),
        ("Cancelled", "cancelled", "#B91C1C"),
    ),
    ProformaInvoiceStatus: (
        ("Draft", "draft", "#6B7280"),
        ("Sent", "sent", "#3B82F6"),
        ("Partially Paid", "partially_paid", "#F59E0B"),
        ("Paid", "paid", "#22C55E"),
        ("Overdue", "overdue", "#EF4444"),
        ("Cancelled", "cancelled", "#B91C1C"),
    ),
    SalesOrderStatus: (
        ("Draft", "draft", "#6B7280"),
        ("Confirmed", "confirmed", "#3B82F6"),
        ("In Progress", "in_progress", "#06B6D4"),
        ("Partially Delivered", "partially_delivered", "#F59E0B"),
        ("Delivered", "delivered", "#22C55E"),
        ("Completed", "completed", "#15803D"),
        ("Cancelled", "cancelled", "#B91C1C"),
    ),
}


@provisioner
def provision_sales() -> None:
    """Create the statuses of a schema that has none."""
    for model, statuses in DEFAULTS.items():
        if not model._default_manager.exists():
            model._default_manager.bulk_create(
                model(
                    name=name,
                    category=category,
                    color=color,
                    order=order,
                    is_default=order == 1,
                    is_system=True,
                )
                for order, (name, category, color) in enumerate(statuses, 1)
            )
