"""One-time codes for an address: asked for alike whether it has an account or not, tried a few times at most."""

import secrets
from datetime import timedelta

from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import OneTimeCode
from nextgenerp.core.exceptions import DomainError, Invalid, RateLimited
from nextgenerp.core.tasks import after_commit

LIFE = timedelta(minutes=10)
MAX_WRONG = 5
HOUR = timedelta(hours=1)
PER_HOUR = 5
PAUSE = timedelta(minutes=1)
Purpose = OneTimeCode.Purpose
# What makes and mails the code, in the worker: the request does the same work whoever asks.
SENDERS = {
    Purpose.VERIFY: "accounts.tasks.send_verification_code",
    Purpose.RESET: "accounts.tasks.send_reset_code",
}


def ask(email_key: str, purpose: Purpose, *, replace: bool = False) -> bool:
    """Let a code be mailed, unless the last one is less than a minute old or the hour's five were asked for.

    With ``replace`` the minute does not count, and the code there was is dead in any case: it was for something
    else. Locks the address's row until the transaction ends. Returns whether a code is on its way.
    """
    now = timezone.now()
    OneTimeCode.objects.bulk_create(
        [OneTimeCode(email_key=email_key, purpose=purpose, expires_at=now)], ignore_conflicts=True
    )
    row = locked(email_key, purpose)
    assert row is not None
    row.asked_at = [moment for moment in row.asked_at if moment > now - HOUR]
    too_many = len(row.asked_at) >= PER_HOUR
    too_soon = not replace and bool(row.asked_at) and row.asked_at[-1] > now - PAUSE
    if too_many or too_soon:
        if replace:
            row.code_hash = ""
            row.save()
        return False
    row.asked_at.append(now)
    row.code_hash, row.wrong_tries, row.expires_at = "", 0, now + LIFE
    row.save()
    after_commit(SENDERS[purpose], email_key, in_public=True, urgent=True)
    return True


def make(email_key: str, purpose: Purpose) -> str | None:
    """Make the code that was asked for and return it, to be mailed in the same transaction; None for a used one."""
    row = locked(email_key, purpose)
    if row is None or not row.asked_at:
        return None
    code = f"{secrets.randbelow(1_000_000):06}"
    row.code_hash, row.expires_at = hash_of(row, code), timezone.now() + LIFE
    row.save()
    return code


def use(email_key: str, purpose: Purpose, code: str) -> DomainError | None:
    """Try a code and spend it; returns the refusal, which the caller raises once the try is committed.

    Locks the address's row until the transaction ends, so that simultaneous tries count one by one.
    """
    row = locked(email_key, purpose)
    wrong = Invalid("The code is wrong or no longer valid.", code="invalid_otp")
    now = timezone.now()
    if row is None or row.expires_at <= now:
        return wrong
    if row.wrong_tries >= MAX_WRONG:
        wait = int((row.expires_at - now).total_seconds()) + 1
        return RateLimited("Too many wrong codes. Ask for a new one.", code="otp_locked", retry_after=wait)
    if not constant_time_compare(row.code_hash, hash_of(row, code)):
        row.wrong_tries += 1
        row.save(update_fields=["wrong_tries"])
        return wrong
    row.code_hash, row.expires_at = "", now
    row.save()
    return None


def locked(email_key: str, purpose: Purpose) -> OneTimeCode | None:
    return OneTimeCode.objects.select_for_update().filter(email_key=email_key, purpose=purpose).first()


def hash_of(row: OneTimeCode, code: str) -> str:
    content = f"{row.purpose}:{row.email_key}:{code}"
    return salted_hmac("accounts.one_time_code", content, algorithm="sha256").hexdigest()
