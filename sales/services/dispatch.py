"""Documents sent by mail: the mail waits in the queue, the worker makes its PDF."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from nextgenerp.core.tenancy import Actor
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.mail.services.documents import mail_document
from sales.kinds import SalesKind
from sales.services.lifecycle import change_status
from sales.services.statuses import DRAFT, system_status

SENT = "sent"


@transaction.atomic
def send_document(
    kind: SalesKind,
    document: Any,
    *,
    to: Sequence[str] = (),
    cc: Sequence[str] = (),
    subject: str = "",
    message: str = "",
    actor: Actor,
) -> QueuedEmail:
    """Queue a mail with a document's PDF, by default to its customer; sending a draft marks it sent.

    The caller holds the document and what is locked before it. An order has no such status and stays what it is.
    Raises what ``change_status`` and ``mail_document`` raise.
    """
    if document.status.category == DRAFT and SENT in kind.by_hand[DRAFT]:
        change_status(kind, document, system_status(kind, SENT), actor=actor)
    return mail_document(
        kind, document, made_by="sales.tasks.pdf_of", made_of=[kind.document_type, str(document.pk)],
        to=to, cc=cc, subject=subject, message=message, actor=actor,
    )  # fmt: skip
