"""What a tenant may have: apps claim resources and ask for features, billing (once it is there) sets the limits.

Every resource is counted in the tenant's schema, limited or not; the same row numbers new records. The counter is
taken last in the creating transaction and stays locked until it ends (lock order: reliability.md, Data).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from nextgenerp.core.exceptions import Forbidden, LimitReached
from nextgenerp.core.tenancy import current_tenant

TAKE = """
    INSERT INTO usage_counter AS c (id, key, used, issued) VALUES (gen_random_uuid(), %(key)s, 0, 0)
    ON CONFLICT (key) DO NOTHING
"""
CLAIM = """
    UPDATE usage_counter SET used = used + %(n)s, issued = issued + %(n)s
    WHERE key = %(key)s AND (%(limit)s::bigint IS NULL OR used + %(n)s <= %(limit)s::bigint)
    RETURNING issued
"""


@dataclass(frozen=True, slots=True)
class Entitlements:
    """What one tenant's plan allows: limits by resource (None or absent = unlimited), features switched off,
    and whether the tenant may write at all."""

    limits: dict[str, int | None]
    disabled_features: frozenset[str] = frozenset()
    read_only: bool = False


UNLIMITED = Entitlements({})


def unlimited(tenant: Any) -> Entitlements:
    """What every tenant may have until billing answers."""
    return UNLIMITED


_provider: Callable[[Any], Entitlements] = unlimited


def answer_with(provider: Callable[[Any], Entitlements]) -> None:
    """Let ``provider(tenant)`` answer from now on; billing calls this when it is loaded."""
    global _provider  # a port with one plug
    _provider = provider


def entitlements() -> Entitlements:
    """What the current tenant may have."""
    return _provider(current_tenant())


def claim(key: str, n: int = 1, *, period: str = "") -> int:
    """Take ``n`` of a resource and return the number of the last one (they end in it, without a gap).

    ``period`` (``2026-11``) where the limit is one for each: it has a counter of its own. Locks the counter until the
    transaction ends. Raises LimitReached with ``limit: {key, used, limit}``.
    """
    limit = entitlements().limits.get(key)
    values: dict[str, str | int | None] = {"key": counter_key(key, period), "n": n, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(TAKE, values)
            cursor.execute(CLAIM, values)
            row = cursor.fetchone()
    if row is None:
        raise limit_reached(key, period)
    return row[0]


def counter_key(key: str, period: str) -> str:
    """The key of a resource's counter, or of its counter in a period."""
    return f"{key}:{period}" if period else key


def claim_up_to(key: str, n: int) -> tuple[int, int]:
    """Take as many of ``n`` as the limit leaves: (how many, the number of the last one). For imports."""
    limit = entitlements().limits.get(key)
    if limit is not None:
        with connection.cursor() as cursor:
            cursor.execute(TAKE, {"key": key})
            cursor.execute("SELECT used FROM usage_counter WHERE key = %s FOR UPDATE", [key])
            n = max(0, min(n, limit - cursor.fetchone()[0]))
    return (n, claim(key, n)) if n else (0, 0)


def limit_reached(key: str, period: str = "") -> LimitReached:
    """The refusal of one more, with the figures."""
    limit, in_use = entitlements().limits.get(key), used(key, period=period)
    when = f" in {period}" if period else ""
    return LimitReached(
        f"Your plan allows {limit} {key}{when}; {in_use} are in use.",
        limit={"key": key, "used": in_use, "limit": limit},
    )


def release(key: str, n: int = 1, *, period: str = "") -> None:
    """Give ``n`` of a resource back, to the period they were taken in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE usage_counter SET used = used - %s WHERE key = %s", [n, counter_key(key, period)]
        )


def used(key: str, *, period: str = "") -> int:
    """How many of a resource exist, or were made in a period."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT used FROM usage_counter WHERE key = %s", [counter_key(key, period)])
        row = cursor.fetchone()
    return row[0] if row else 0


def require_feature(feature: str) -> None:
    """Refuse a feature the plan does not have. Raises Forbidden ``feature_not_in_plan``."""
    if feature in entitlements().disabled_features:
        raise Forbidden(f"Your plan does not have {feature}.", code="feature_not_in_plan", feature=feature)
