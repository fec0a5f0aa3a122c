"""What the worker does with mails: deliver one, give one up, forget old ones. The outbox counts the tries."""

import smtplib
from datetime import timedelta

from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from nextgenerp.core.models import StoredFile
from nextgenerp.core.tasks import GiveUp, active_tenant
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.database.ids import new_id
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.mail.services.queue import forget_secrets

Status = QueuedEmail.Status
KEEP_DAYS = 30
KEEP_FAILED_DAYS = 90


def deliver(email_id: str) -> None:
    """Send a queued mail; nothing happens for one that was cancelled, sent or removed.

    Raises GiveUp when every recipient is refused for good, and whatever the backend raises.
    """
    claim = new_id()
    # One found "sending" was in the hands of a worker that died: the outbox leases it to one at a time.
    open_mails = QueuedEmail.objects.filter(id=email_id, status__in=[Status.QUEUED, Status.SENDING])
    if not open_mails.update(status=Status.SENDING, claim=claim, attempts=F("attempts") + 1):
        return
    email = QueuedEmail.objects.get(id=email_id)
    in_hand = QueuedEmail.objects.filter(id=email_id, status=Status.SENDING, claim=claim)
    try:
        message(email).send()
    except Exception as error:
        in_hand.update(status=Status.QUEUED, claim=None, error=repr(error)[:2000])
        if refused_for_good(error):
            raise GiveUp(repr(error)) from error
        raise
    email.status, email.sent_at, email.error = Status.SENT, timezone.now(), ""
    forget_secrets(email)
    in_hand.update(
        status=email.status, sent_at=email.sent_at, error="", claim=None,
        body_text=email.body_text, body_html=email.body_html,
    )  # fmt: skip


def message(email: QueuedEmail) -> EmailMultiAlternatives:
    """The mail as Django sends it, with one Message-ID for every try. Raises GiveUp without an attachment."""
    made = EmailMultiAlternatives(
        email.subject, email.body_text, to=email.to, cc=email.cc,
        reply_to=[email.reply_to] if email.reply_to else None,
        headers={"Message-ID": email.message_id, "Auto-Submitted": "auto-generated"},
    )  # fmt: skip
    if email.body_html:
        made.attach_alternative(email.body_html, "text/html")
    for name, content, content_type in attached_files(email):
        made.attach(name, content, content_type)
    return made


def attached_files(email: QueuedEmail) -> list[tuple[str, bytes, str]]:
    """Name, content and type of each attachment, from the tenant that caused the mail. Raises GiveUp."""
    if not email.attachments and not email.made_by:
        return []
    with tenant_context(active_tenant(email.schema_name)):
        made = import_string(email.made_by)(*email.made_of) if email.made_by else []
        files = {one.id: one for one in StoredFile.objects.filter(id__in=email.attachments)}
        missing = [identifier for identifier in email.attachments if identifier not in files]
        if missing:
            raise GiveUp(f"The attachment {missing[0]} is gone.")
        found = [files[identifier] for identifier in email.attachments]
    return [(one.name, read(one.path), one.content_type) for one in found] + made


def read(path: str) -> bytes:
    with default_storage.open(path) as file:
        return file.read()


def refused_for_good(error: Exception) -> bool:
    """Whether another try is pointless: an attachment is gone, or every recipient is refused for good."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, GiveUp)


def give_up(email_id: str, error: str) -> None:
    """Mark a mail as failed after the outbox's last try."""
    unsent = QueuedEmail.objects.filter(id=email_id, status__in=[Status.QUEUED, Status.SENDING])
    unsent.update(status=Status.FAILED, claim=None, error=error)


def purge_old() -> int:
    """Remove sent and cancelled mails after 30 days, failed ones after 90; returns how many."""
    now = timezone.now()
    done = QueuedEmail.objects.filter(status__in=[Status.SENT, Status.CANCELLED])
    removed = done.filter(created_at__lt=now - timedelta(days=KEEP_DAYS)).delete()[0]
    failed = QueuedEmail.objects.filter(status=Status.FAILED)
    return removed + failed.filter(created_at__lt=now - timedelta(days=KEEP_FAILED_DAYS)).delete()[0]
