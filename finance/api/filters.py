"""What lists of invoices and expenses can be narrowed by."""

import django_filters
from django.db.models import QuerySet

from finance.models import Expense
from finance.selectors.expenses import expenses_of_vendor
from finance.selectors.invoices import SHOWN, shown_as
from nextgenerp.core.api.documents import DocumentFilter
from nextgenerp.core.api.filters import ApiFilterSet, ChoicesFilter, ConditionsFilter, IdsFilter
from nextgenerp.core.search import name_key


class InvoiceFilter(DocumentFilter):
    """Filters of invoices; an open one past its due date is overdue and nothing else."""

    status = ConditionsFilter(conditions={status: shown_as(status) for status in SHOWN})
    sales_order_id = IdsFilter(field_name="sales_order_id")
    proforma_invoice_id = IdsFilter(field_name="proforma_invoice_id")


class ExpenseFilter(ApiFilterSet):
    """Filters of expenses; several values of one filter are alternatives, several filters hold together."""

    status = ChoicesFilter(choices=Expense.Status.values)
    category = django_filters.CharFilter(
        method="in_categories", label="One category or several, comma-separated, in any case"
    )
    vendor_name = django_filters.CharFilter(method="of_vendor", label="Any part of the vendor's name")
    date_from = django_filters.DateFilter(field_name="date", lookup_expr="gte", label="Of this day or later")
    date_to = django_filters.DateFilter(field_name="date", lookup_expr="lte", label="Of this day or earlier")

    def in_categories(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(category_key__in=[name_key(one) for one in value.split(",")])

    def of_vendor(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return expenses_of_vendor(queryset, value)
