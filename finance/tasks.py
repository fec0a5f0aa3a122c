"""What the worker does for finance: make the PDFs of mailed invoices."""

from uuid import UUID

from finance.printing import invoice_pdf
from nextgenerp.core.exceptions import NotFound
from nextgenerp.core.files import PDF
from nextgenerp.core.tasks import GiveUp
from nextgenerp.core.tenancy import SYSTEM


def pdf_of(invoice_id: str) -> list[tuple[str, bytes, str]]:
    """The PDF of an invoice as a file of a mail, of the current tenant. Raises GiveUp for one that is gone."""
    try:
        name, content = invoice_pdf(UUID(invoice_id), actor=SYSTEM)
    except NotFound:
        raise GiveUp(f"The invoice {invoice_id} is gone.") from None
    return [(name, content, PDF)]
