"""What may happen to mails and their templates."""

from nextgenerp.mail.services.queue import send

__all__ = ["send"]
