"""Invoices sent by mail: the mail waits in the queue, the worker makes its PDF."""

from collections.abc import Sequence

from django.db import transaction

from finance.kinds import INVOICE
from finance.models import Invoice
from finance.services.issuing import issue_invoice
from nextgenerp.core.exceptions import Conflict
from nextgenerp.core.tenancy import Actor
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.mail.services.documents import mail_document


@transaction.atomic
def send_invoice(
    invoice: Invoice,
    *,
    to: Sequence[str] = (),
    cc: Sequence[str] = (),
    subject: str = "",
    message: str = "",
    actor: Actor,
) -> QueuedEmail:
    """Queue a mail with an invoice's PDF, by default to its customer; sending a draft issues it.

    The caller holds the customer, the order and the invoice. Raises Conflict for a cancelled one, and what
    ``issue_invoice`` and ``mail_document`` raise.
    """
    if invoice.status == Invoice.Status.CANCELLED:
        raise Conflict(f"{invoice.number} is cancelled: it is not sent any more.")
    if invoice.status == Invoice.Status.DRAFT:
        issue_invoice(invoice, actor=actor)
    return mail_document(
        INVOICE, invoice, made_by="finance.tasks.pdf_of", made_of=[str(invoice.pk)],
        to=to, cc=cc, subject=subject, message=message, actor=actor,
    )  # fmt: skip
