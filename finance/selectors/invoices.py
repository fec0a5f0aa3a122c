"""Questions about invoices that need more than a filter."""

from collections.abc import Callable
from uuid import UUID

from django.db.models import Case, F, Q, QuerySet, Value, When

from finance.models import Invoice
from finance.models.invoices import OPEN
from nextgenerp.core.tenancy import tenant_today

Status = Invoice.Status
OVERDUE = "overdue"
SHOWN: list[str] = [*Status.values, OVERDUE]


def overdue() -> Q:
    """Open and past its due date, by the tenant's today."""
    return Q(status__in=OPEN, due_date__lt=tenant_today())


def in_time(status: str) -> Q:
    """In a status and not overdue."""
    return Q(status=status) & (Q(due_date=None) | Q(due_date__gte=tenant_today()))


def shown_as(status: str) -> Callable[[], Q]:
    """What makes an invoice be shown in a status, made when it is asked for."""
    if status == OVERDUE:
        return overdue
    return lambda: in_time(status) if status in OPEN else Q(status=status)


def with_shown_status(queryset: QuerySet) -> QuerySet:
    """Invoices with ``shown`` (the status as people see it) and ``due`` (the balance) as columns."""
    shown = Case(When(overdue(), then=Value(OVERDUE)), default=F("status"))
    return queryset.annotate(shown=shown, due=F("payable") - F("settled"))


def invoices_of_order(sales_order_id: UUID) -> QuerySet:
    """The invoices of a sales order that are not cancelled, drafts included, with their lines at hand."""
    live = Invoice.objects.exclude(status=Status.CANCELLED)
    return live.filter(sales_order_id=sales_order_id).order_by("created_at", "id").prefetch_related("lines")
