"""The mails the product itself sends: which there are, what they may say, and their shipped texts."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings

from nextgenerp.mail.rendering import Texts


@dataclass(frozen=True, slots=True)
class SystemMail:
    """A kind of mail: its key, its name for people, the variables its sender gives.

    ``secret``: its texts hold a code or a link that lets somebody in, and are forgotten once they are sent.
    ``urgent``: somebody is waiting for it in front of a screen.
    """

    key: str
    name: str
    variables: tuple[str, ...]
    secret: bool = False
    urgent: bool = False


SYSTEM_MAILS = {
    mail.key: mail
    for mail in (
        SystemMail("otp", "Verification code", ("name", "code", "minutes"), secret=True, urgent=True),
        SystemMail("reset", "Password reset code", ("name", "code", "minutes"), secret=True, urgent=True),
        SystemMail("already_registered", "Account exists already", ("name", "sign_in_url"), urgent=True),
        SystemMail("invite", "Invitation", ("name", "inviter", "company", "accept_url", "days"), secret=True),
        SystemMail("lead_assigned", "Lead assigned", ("name", "lead", "number", "assigned_by", "url")),
        SystemMail(
            "reminder", "Reminder of an activity", ("name", "activity", "subject", "record", "due", "url")
        ),
        SystemMail(
            "document", "Document to a customer", ("subject", "recipient", "message", "document", "company")
        ),
        SystemMail("dunning", "Payment due", ("name", "company", "plan", "amount", "due", "url")),
    )
}


@cache
def shipped_texts(key: str) -> Texts:
    """The texts of a system mail as the product ships them, under ``templates/email/<key>/``."""
    folder = settings.BASE_DIR / "templates" / "email" / key
    names = ("subject.txt", "body.txt", "body.html")
    return Texts(*((folder / name).read_text(encoding="utf-8").strip() for name in names))
