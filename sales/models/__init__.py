"""Quotations, proforma invoices and sales orders, and the statuses a tenant gives them."""

from sales.models.statuses import (
    GREY,
    DocumentStatus,
    ProformaInvoiceCategory,
    ProformaInvoiceStatus,
    QuotationCategory,
    QuotationStatus,
    SalesOrderCategory,
    SalesOrderStatus,
)

__all__ = [
    "GREY",
    "DocumentStatus",
    "ProformaInvoiceCategory",
    "ProformaInvoiceStatus",
    "QuotationCategory",
    "QuotationStatus",
    "SalesOrderCategory",
    "SalesOrderStatus",
]
