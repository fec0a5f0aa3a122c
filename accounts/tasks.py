"""What the worker does for accounts: mails codes, forgets what has lapsed."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import GoogleCode, OneTimeCode, PendingRegistration, Session, SignInFailures
from accounts.services import attempts, codes, invitations, password_changes, registration

PENDING_LIFE = timedelta(days=7)


def send_verification_code(email_key: str) -> None:
    registration.send_code(email_key)


def send_reset_code(email_key: str) -> None:
    password_changes.send_code(email_key)


def purge_expired() -> None:
    """Delete lapsed codes, registrations, counters, sessions with their tokens, and invitations."""
    now = timezone.now()
    OneTimeCode.objects.filter(expires_at__lt=now - codes.HOUR).delete()
    PendingRegistration.objects.filter(created_at__lt=now - PENDING_LIFE).delete()
    SignInFailures.objects.filter(since__lt=now - attempts.WINDOW).delete()
    GoogleCode.objects.filter(expires_at__lt=now).delete()
    Session.objects.filter(expires_at__lt=now).delete()
    invitations.forget_all_expired()
