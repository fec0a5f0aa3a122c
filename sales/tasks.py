"""What the worker does for sales: keep the days of each tenant, make the PDFs of mailed documents."""

from typing import Any

from nextgenerp.core.documents import pdf
from nextgenerp.core.documents.printing import file_name
from nextgenerp.core.files import PDF
from nextgenerp.core.tasks import GiveUp, in_every_tenant
from sales.kinds import KINDS
from sales.printing import printed_document
from sales.services import dates

KEEP_DATES = "sales.tasks.keep_dates"


def keep_dates_everywhere() -> None:
    """Let every tenant's quotations expire and proforma invoices become overdue; the worker's clock calls this."""
    in_every_tenant(KEEP_DATES)


def keep_dates() -> None:
    """The same in the current tenant's schema."""
    dates.expire_quotations()
    dates.mark_overdue()


def pdf_of(document_type: str, document_id: str) -> list[tuple[str, bytes, str]]:
    """The PDF of a document as a file of a mail, of the current tenant. Raises GiveUp for one that is gone."""
    kind = next(kind for kind in KINDS if kind.document_type == document_type)
    documents: Any = kind.model.objects.select_related("status", "customer", "bank_account").prefetch_related(
        "lines"
    )
    document = documents.filter(pk=document_id).first()
    if document is None:
        raise GiveUp(f"The {kind.name} {document_id} is gone.")
    content = pdf.render(printed_document(kind, document))
    return [(file_name(document.number), content, PDF)]
