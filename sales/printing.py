"""Sales documents as they are printed: for the API and for the worker that mails them."""

from typing import Any

from nextgenerp.core.documents.pdf.content import PrintedDocument
from nextgenerp.core.documents.printing import printed
from sales.kinds import PROFORMA_INVOICE, SalesKind

# What is stamped across a document that is no longer good.
STAMPS = {"cancelled": "CANCELLED", "superseded": "SUPERSEDED"}


def printed_document(kind: SalesKind, document: Any) -> PrintedDocument:
    """What the PDF of a document shows; of a proforma invoice what was received, so that the rest is asked for."""
    stamp = STAMPS.get(document.status.category)
    if kind is PROFORMA_INVOICE:
        return printed(kind, document, received=document.settled, watermark=stamp)
    return printed(kind, document, watermark=stamp)
