"""The mail queue: mails enter it in the transaction that causes them and end sent, failed or cancelled."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from email.utils import parseaddr
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.utils import timezone

from nextgenerp.core.exceptions import Invalid, InvalidTransition, NotFound, RateLimited
from nextgenerp.core.tasks import after_commit
from nextgenerp.core.tenancy import PUBLIC, current_schema, start_of_day, tenant_today
from nextgenerp.database.ids import new_id
from nextgenerp.mail.models import QueuedEmail
from nextgenerp.mail.rendering import render
from nextgenerp.mail.selectors import template_in_use
from nextgenerp.mail.system_mails import SYSTEM_MAILS

Status = QueuedEmail.Status
MAX_RECIPIENTS = 20
MAX_TRIES = 12  # with the outbox's growing delay about three and a half hours


@transaction.atomic
def send(
    key: str,
    to: str | Sequence[str],
    variables: Mapping[str, object],
    *,
    cc: Sequence[str] = (),
    reply_to: str = "",
    attachments: Iterable[UUID] = (),
    made_by: str = "",
    made_of: Sequence[str] = (),
) -> QueuedEmail:
    """Queue a mail in the caller's transaction; it is sent once that commits, and never if it rolls back.

    ``variables`` are exactly those the template declares, ``attachments`` the ids of stored files of the
    current tenant; ``made_by`` (a dotted path) makes further ones of ``made_of`` when it is sent, by the worker. Raises
    Invalid for addresses, RateLimited at the tenant's daily cap, UnknownTemplate, ValueError.
    """
    recipients = addresses("to", [to] if isinstance(to, str) else to)
    copies = [address for address in addresses("cc", cc) if address not in recipients]
    if not recipients or len(recipients) + len(copies) > MAX_RECIPIENTS:
        raise Invalid.field(
            "to", "recipients", f"A mail goes to one address at least and {MAX_RECIPIENTS} at most."
        )
    texts, declared = template_in_use(key)
    if set(variables) != set(declared):
        raise ValueError(f"The mail {key!r} takes {sorted(declared)}, not {sorted(variables)}.")
    hold_to_cap(key)
    rendered = render(texts, variables)
    identifier = new_id()
    email = QueuedEmail.objects.create(
        id=identifier, template_key=key, schema_name=current_schema(),
        to=recipients, cc=copies, reply_to="".join(addresses("replyTo", [reply_to] if reply_to else [])),
        subject=rendered.subject, body_text=rendered.body_text, body_html=rendered.body_html,
        attachments=list(attachments), made_by=made_by, made_of=list(made_of),
        message_id=f"<{identifier}@{sending_domain()}>",
    )  # fmt: skip
    deliver_after_commit(email)
    return email


def addresses(field: str, given: Iterable[str]) -> list[str]:
    """Bare e-mail addresses, each once. Raises Invalid for what is none; no header can be smuggled in."""
    found: dict[str, None] = {}
    for text in given:
        try:
            validate_email(text)
        except ValidationError:
            raise Invalid.field(field, "invalid_email", f"{text[:100]!r} is not an e-mail address.") from None
        found[text] = None
    return list(found)


def sending_domain() -> str:
    """The domain of the address the platform sends from."""
    return parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2]


def hold_to_cap(key: str) -> None:
    """Hold a tenant's day to the cap of a kind of mail; simultaneous ones wait. Raises RateLimited."""
    cap = settings.MAIL_DAILY_CAPS.get(key)
    if cap is None or current_schema() == PUBLIC:
        return
    schema = current_schema()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"mail-cap:{schema}:{key}"])
    if left_today(key) == 0:
        wait = int((start_of_day(tenant_today()) + timedelta(days=1) - timezone.now()).total_seconds())
        raise RateLimited(
            f"At most {cap} mails of this kind a day.", code="mail_cap_reached", retry_after=max(1, wait)
        )


def left_today(key: str) -> int | None:
    """How many mails of a kind the current tenant may cause today still; None where there is no cap."""
    cap = settings.MAIL_DAILY_CAPS.get(key)
    if cap is None:
        return None
    today = QueuedEmail.objects.filter(
        schema_name=current_schema(), template_key=key, created_at__gte=start_of_day(tenant_today())
    )
    return max(0, cap - today.count())


def deliver_after_commit(email: QueuedEmail) -> None:
    system = SYSTEM_MAILS.get(email.template_key)
    after_commit(
        "nextgenerp.mail.tasks.deliver", str(email.id), in_public=True, urgent=bool(system and system.urgent),
        max_attempts=MAX_TRIES, on_failure="nextgenerp.mail.tasks.give_up",
    )  # fmt: skip


@transaction.atomic
def cancel(email_id: UUID) -> QueuedEmail:
    """Take a mail back that no delivery has in hand. Locks it. Raises NotFound, InvalidTransition."""
    email = locked(email_id)
    if email.status != Status.QUEUED:
        raise InvalidTransition(
            f"The mail is {email.status}; only a queued one can be cancelled.", state=email.status
        )
    email.status = Status.CANCELLED
    forget_secrets(email)
    email.save()
    return email


@transaction.atomic
def retry(email_id: UUID) -> QueuedEmail:
    """Queue a failed mail again, with all its tries. Locks it. Raises NotFound, InvalidTransition."""
    email = locked(email_id)
    if email.status != Status.FAILED:
        raise InvalidTransition(
            f"The mail is {email.status}; only a failed one can be tried again.", state=email.status
        )
    email.status, email.attempts, email.error = Status.QUEUED, 0, ""
    email.save()
    deliver_after_commit(email)
    return email


def locked(email_id: UUID) -> QueuedEmail:
    email = QueuedEmail.objects.select_for_update().filter(id=email_id).first()
    if email is None:
        raise NotFound
    return email


def forget_secrets(email: QueuedEmail) -> None:
    """Drop the texts of a mail that held a code or an invitation; the caller saves it."""
    system = SYSTEM_MAILS.get(email.template_key)
    if system and system.secret:
        email.body_text = email.body_html = ""
