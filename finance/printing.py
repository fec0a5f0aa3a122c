"""Invoices as they are printed: for whoever serves or mails the PDF."""

from typing import Any
from uuid import UUID

from finance.kinds import INVOICE
from finance.models import Invoice
from nextgenerp.core.documents import pdf
from nextgenerp.core.documents.pdf.content import PrintedDocument
from nextgenerp.core.documents.printing import file_name, printed
from nextgenerp.core.exceptions import NotFound
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import Actor


def printed_invoice(invoice: Invoice) -> PrintedDocument:
    """What the PDF of an invoice shows: what was received on it, so that the rest is asked for."""
    stamp = "CANCELLED" if invoice.status == Invoice.Status.CANCELLED else None
    return printed(INVOICE, invoice, received=invoice.settled, watermark=stamp)


def invoice_pdf(invoice_id: UUID | None, *, actor: Actor) -> tuple[str, bytes]:
    """The name and the bytes of the PDF of an invoice within an actor's scope. Raises NotFound."""
    found: Any = visible(Invoice.objects.select_related("customer", "bank_account"), actor)
    invoice = found.filter(pk=invoice_id).prefetch_related("lines").first() if invoice_id else None
    if invoice is None:
        raise NotFound
    return file_name(invoice.number), pdf.render(printed_invoice(invoice))
