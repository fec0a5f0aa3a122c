"""How often signing in may fail: 10 times in 15 minutes for an address from a place, 100 times from a place."""

import hashlib
import ipaddress
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from accounts.models import SignInFailures
from nextgenerp.core.exceptions import RateLimited
from nextgenerp.database.ids import new_id

WINDOW = timedelta(minutes=15)
PER_ADDRESS, PER_PLACE = 10, 100
# Counts a failure; one that comes after the window begins a new one.
COUNT = """
    INSERT INTO public.sign_in_failures AS f (id, key, count, since) VALUES (%(id)s, %(key)s, 1, %(now)s)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN f.since > %(oldest)s THEN f.count + 1 ELSE 1 END,
        since = CASE WHEN f.since > %(oldest)s THEN f.since ELSE excluded.since END
    RETURNING count, since
"""


def refuse_exhausted(email_key: str, place: str) -> None:
    """Raises RateLimited for an address or a place that failed too often.

    Called before a password is looked at and again before success is told: of many simultaneous guesses only those
    that were finished before the tenth failure count.
    """
    limits = limits_of(email_key, place)
    oldest = timezone.now() - WINDOW
    for row in SignInFailures.objects.filter(key__in=limits, since__gt=oldest):
        if row.count >= limits[row.key]:
            raise exhausted(row.since)


def count_failure(email_key: str, place: str) -> None:
    """Count a failure at once, whatever becomes of the request; never inside a transaction that may roll back.

    Raises RateLimited when it is one too many: what it failed with is not told either.
    """
    now = timezone.now()
    too_many = []
    with connection.cursor() as cursor:
        for key, limit in sorted(limits_of(email_key, place).items()):
            cursor.execute(COUNT, {"id": new_id(), "key": key, "now": now, "oldest": now - WINDOW})
            count, since = cursor.fetchone()
            too_many += [since] if count > limit else []
    if too_many:
        raise exhausted(max(too_many))


def exhausted(since: datetime) -> RateLimited:
    wait = int((since + WINDOW - timezone.now()).total_seconds()) + 1
    return RateLimited("Too many failed attempts. Try again later.", retry_after=max(1, wait))


def forget(email_key: str, place: str) -> None:
    """Forget the failures of an address at a place; those of the place alone stay."""
    SignInFailures.objects.filter(key=key_of(email_key, place)).delete()


def limits_of(email_key: str, place: str) -> dict[str, int]:
    return {key_of(email_key, place): PER_ADDRESS, key_of("", place): PER_PLACE}


def key_of(email_key: str, place: str) -> str:
    return hashlib.sha256(f"{network_of(place)} {email_key}".encode()).hexdigest()


def network_of(place: str) -> str:
    """An IPv4 address, or the /64 an IPv6 address is in: one customer has all of it."""
    try:
        address = ipaddress.ip_address(place)
    except ValueError:
        return place
    if address.version == 4:
        return str(address)
    mapped = address.ipv4_mapped  # an IPv4 client of a socket that takes both
    return str(mapped or ipaddress.ip_network((address, 64), strict=False))
