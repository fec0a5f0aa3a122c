"""The three sales documents as data: what they are called, and which statuses a person may move them between."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nextgenerp.core.documents.buyers import buyer, customer_as_buyer
from nextgenerp.core.documents.kinds import DocumentKind
from nextgenerp.core.documents.models import DocumentType
from sales.models import (
    ProformaInvoice,
    ProformaInvoiceLine,
    ProformaInvoiceStatus,
    Quotation,
    QuotationLine,
    QuotationStatus,
    SalesOrder,
    SalesOrderLine,
    SalesOrderStatus,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesKind(DocumentKind):
    """A sales document. ``by_hand``: category → the categories a person may move it to; every other move is the
    system's. Within a category any move is allowed."""

    status_model: Any
    by_hand: Mapping[str, tuple[str, ...]]


def buyer_of_quotation(quotation: Quotation) -> dict[str, str]:
    """The customer, or the lead while there is none."""
    lead: Any = quotation.lead
    if quotation.customer is not None or lead is None:
        return customer_as_buyer(quotation)
    person = f"{lead.first_name} {lead.last_name}".strip()
    company = lead.company.name if lead.company else ""
    return buyer(
        name=company or person,
        contact_person=person if company else "",
        email=lead.email,
        phone=lead.phone,
    )


QUOTATION = SalesKind(
    model=Quotation,
    line_model=QuotationLine,
    document_type=DocumentType.QUOTATION,
    name="quotation",
    title="QUOTATION",
    module="Quotations",
    dates=(("valid_until", "Valid until"),),
    asks_payment=False,
    buyer=buyer_of_quotation,
    status_model=QuotationStatus,
    by_hand={
        "draft": ("sent", "cancelled"),
        "sent": ("accepted", "rejected", "cancelled"),
    },
)
PROFORMA_INVOICE = SalesKind(
    model=ProformaInvoice,
    line_model=ProformaInvoiceLine,
    document_type=DocumentType.PROFORMA_INVOICE,
    name="proforma invoice",
    title="PROFORMA INVOICE",
    module="Proforma Invoices",
    dates=(("due_date", "Due date"),),
    status_model=ProformaInvoiceStatus,
    by_hand={
        "draft": ("sent", "cancelled"),
        "sent": ("cancelled",),
        "overdue": ("cancelled",),
    },
)
SALES_ORDER = SalesKind(
    model=SalesOrder,
    line_model=SalesOrderLine,
    document_type=DocumentType.SALES_ORDER,
    name="sales order",
    title="SALES ORDER",
    module="Sales Orders",
    dates=(("expected_delivery_date", "Expected delivery"),),
    asks_payment=False,
    status_model=SalesOrderStatus,
    by_hand={
        "draft": ("confirmed", "cancelled"),
        "confirmed": ("in_progress", "cancelled"),
        "in_progress": ("cancelled",),
        "delivered": ("completed",),
    },
)
KINDS = (QUOTATION, PROFORMA_INVOICE, SALES_ORDER)
