"""What the mail services ask the database."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min
from django.utils import timezone

from nextgenerp.mail.models import EmailTemplate, QueuedEmail
from nextgenerp.mail.rendering import Texts
from nextgenerp.mail.system_mails import SYSTEM_MAILS, shipped_texts


class UnknownTemplate(LookupError):
    """Nobody wrote a template with this key, or it is switched off."""


def template_in_use(key: str) -> tuple[Texts, list[str]]:
    """The texts a mail is made from and the variables it takes: the stored ones, else the shipped ones.

    Raises UnknownTemplate.
    """
    stored = EmailTemplate.objects.filter(key=key, is_active=True).first()
    system = SYSTEM_MAILS.get(key)
    if stored and (stored.is_overridden or not stored.is_system):
        texts = Texts(stored.subject, stored.body_text, stored.body_html)
        return texts, list(system.variables) if system else stored.variables
    if system is None:
        raise UnknownTemplate(key)
    return shipped_texts(key), list(system.variables)


def queue_stats() -> dict[str, Any]:
    """How the queue is: mails by status, those sent in the last 24 hours, the age of the oldest waiting."""
    now = timezone.now()
    unsent = QueuedEmail.objects.exclude(status=QueuedEmail.Status.SENT).values("status")
    counts: dict[str, tuple[int, datetime]] = {
        row["status"]: (row["count"], row["oldest"])
        for row in unsent.annotate(count=Count("id"), oldest=Min("created_at")).order_by()
    }
    sent = QueuedEmail.objects.filter(status=QueuedEmail.Status.SENT, sent_at__gte=now - timedelta(hours=24))
    oldest = counts.get(QueuedEmail.Status.QUEUED, (0, now))[1]
    return {
        "queued": counts.get("queued", (0,))[0],
        "sending": counts.get("sending", (0,))[0],
        "sent24h": sent.count(),
        "failed": counts.get("failed", (0,))[0],
        "cancelled": counts.get("cancelled", (0,))[0],
        "oldest_queued_seconds": max(0, int((now - oldest).total_seconds())),
    }
