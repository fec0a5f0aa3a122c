"""The invoice as a kind of document."""

from finance.models import Invoice, InvoiceLine
from nextgenerp.core.documents.kinds import DocumentKind
from nextgenerp.core.documents.models import DocumentType

INVOICE = DocumentKind(
    model=Invoice,
    line_model=InvoiceLine,
    document_type=DocumentType.INVOICE,
    name="invoice",
    title="TAX INVOICE",
    unregistered_title="BILL OF SUPPLY",
    copy="ORIGINAL FOR RECIPIENT",
    module="Finance",
    dates=(("due_date", "Due date"),),
)
