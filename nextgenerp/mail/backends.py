"""The mail program of development: each mail becomes a file that a mail reader, or a person, can open."""

import re
from collections.abc import Sequence
from email.message import Message
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from nextgenerp.database.ids import new_id

UNSAFE = re.compile(r"[^A-Za-z0-9@._+-]+")


class EmlFileBackend(BaseEmailBackend):
    """Writes mails to ``settings.MAIL_DIR``, in the order of their names, complete or not at all."""

    def send_messages(self, email_messages: Sequence) -> int:
        folder = Path(settings.MAIL_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        for email in email_messages:
            write(folder, file_name(email.recipients()), email.message())
        return len(email_messages)


def file_name(recipients: list[str]) -> str:
    """When, to whom, and something no other mail has; safe whatever the address holds."""
    when = timezone.now().strftime("%Y%m%dT%H%M%S.%fZ")
    whom = UNSAFE.sub("_", recipients[0] if recipients else "nobody")[:100]
    return f"{when}-{whom}-{new_id().hex[-8:]}.eml"


def write(folder: Path, name: str, message: Message) -> None:
    partial = folder / f".{name}.partial"
    partial.touch(mode=0o600)
    partial.write_bytes(message.as_bytes(linesep="\n"))
    partial.rename(folder / name)
