"""Quotations, proforma invoices and sales orders, and the statuses a tenant gives them."""

from sales.models.proforma_invoices import ProformaInvoice, ProformaInvoiceLine
from sales.models.quotations import REASON, Quotation, QuotationLine
from sales.models.sales_orders import Delivery, DeliveryLine, SalesOrder, SalesOrderLine
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
    "GREY", "REASON", "Delivery", "DeliveryLine", "DocumentStatus", "ProformaInvoice", "ProformaInvoiceCategory",
    "ProformaInvoiceLine", "ProformaInvoiceStatus", "Quotation", "QuotationCategory", "QuotationLine",
    "QuotationStatus", "SalesOrder", "SalesOrderCategory", "SalesOrderLine", "SalesOrderStatus",
]  # fmt: skip
