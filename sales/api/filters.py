"""What lists of sales documents can be narrowed by."""

from typing import Any

from django.db.models import Q

from nextgenerp.core.api.documents import DocumentFilter
from nextgenerp.core.api.filters import ChoicesFilter, IdsFilter
from sales.models import (
    ProformaInvoiceCategory,
    ProformaInvoiceStatus,
    QuotationCategory,
    QuotationStatus,
    SalesOrderCategory,
    SalesOrderStatus,
)


class CategoryFilter(ChoicesFilter):
    """The categories of statuses, whatever the statuses are called."""

    def __init__(self, statuses: Any, choices: list[str]) -> None:
        super().__init__(field_name="status", choices=choices, label="Categories of statuses")
        self.statuses = statuses

    def condition(self, values: list[str]) -> Q:
        return Q(status_id__in=self.statuses._default_manager.filter(category__in=values).values("id"))


class QuotationFilter(DocumentFilter):
    status = CategoryFilter(QuotationStatus, QuotationCategory.values)
    status_id = IdsFilter(field_name="status_id")
    lead_id = IdsFilter(field_name="lead_id")


class ProformaInvoiceFilter(DocumentFilter):
    status = CategoryFilter(ProformaInvoiceStatus, ProformaInvoiceCategory.values)
    status_id = IdsFilter(field_name="status_id")
    quotation_id = IdsFilter(field_name="quotation_id")


class SalesOrderFilter(DocumentFilter):
    status = CategoryFilter(SalesOrderStatus, SalesOrderCategory.values)
    status_id = IdsFilter(field_name="status_id")
    quotation_id = IdsFilter(field_name="quotation_id")
    proforma_invoice_id = IdsFilter(field_name="proforma_invoice_id")
