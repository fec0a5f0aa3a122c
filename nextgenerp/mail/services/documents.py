"""Documents mailed to whom they are made out to: the PDF is made when the mail is sent, by the worker."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from nextgenerp.core import history, seats
from nextgenerp.core.documents.company import company
from nextgenerp.core.documents.kinds import MOST_RECIPIENTS, DocumentKind
from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.tenancy import Actor
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.mail.services.queue import send


@transaction.atomic
def mail_document(
    kind: DocumentKind,
    document: Any,
    *,
    made_by: str,
    made_of: Sequence[str],
    to: Sequence[str] = (),
    cc: Sequence[str] = (),
    subject: str = "",
    message: str = "",
    actor: Actor,
) -> QueuedEmail:
    """Queue a mail with a document's PDF, by default to its buyer, and return it; the document's history tells so.

    ``made_by`` (a dotted path) makes the PDF of ``made_of`` (``QueuedEmail.made_by``). Raises Invalid without an
    address or with more than five, RateLimited at the tenant's daily cap.
    """
    buyer = kind.buyer(document)
    recipients = list(to) or [address for address in (buyer["email"],) if address]
    if not recipients:
        raise Invalid.field("to", "required", "The customer has no e-mail address: say where to send it.")
    if len({*recipients, *cc}) > MOST_RECIPIENTS:
        raise Invalid.field("to", "max_length", f"A document goes to {MOST_RECIPIENTS} addresses at most.")
    own = company().name
    name = f"{kind.name} {document.number}"
    email = send(
        "document",
        recipients,
        {
            "subject": " ".join(subject.split()) or f"{name[0].upper()}{name[1:]} from {own}",
            "recipient": buyer["contactPerson"] or buyer["name"],
            "message": message or f"Please find attached our {name}.",
            "document": name,
            "company": own,
        },
        cc=cc,
        reply_to=seats.emails([actor.seat_id]).get(actor.seat_id, "") if actor.seat_id else "",
        made_by=made_by,
        made_of=made_of,
    )
    history.record(document, "emailed", actor=actor, changes={"to": [None, [*email.to, *email.cc]]})
    return email
