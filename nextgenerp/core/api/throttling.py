"""Rate limits for load, by address before authentication and by seat after it: fixed windows of a minute."""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache

from nextgenerp.core.api.addresses import client_address
from nextgenerp.core.exceptions import RateLimited

WINDOW = 60


def by_address(request: Any, policy: str) -> None:
    """Count a request of an address under a policy of RATE_LIMITS. Raises RateLimited."""
    count(request, policy, f"{policy}:{client_address(request)}")


def by_seat(request: Any) -> None:
    """Count a request of a seat, so that one user cannot take the server from the others. Raises RateLimited."""
    actor = request.actor
    count(
        request,
        "seat",
        f"seat:{actor.tenant.schema_name if actor.tenant else '-'}:{actor.seat_id or actor.user_id}",
    )


def count(request: Any, policy: str, key: str) -> None:
    limit = settings.RATE_LIMITS[policy]
    window, passed = divmod(int(time.time()), WINDOW)
    key = f"rate:{key}:{window}"
    if cache.add(key, 1, WINDOW * 2):
        used = 1
    else:
        try:
            used = cache.incr(key)
        except ValueError:  # evicted between the two calls
            used = 1
    remaining, reset = max(0, limit - used), WINDOW - passed
    request._request.rate_limit = (
        f'"{policy}";q={limit};w={WINDOW}',
        f'"{policy}";r={remaining};t={reset}',
    )
    if used > limit:
        raise RateLimited(f"At most {limit} requests a minute.", retry_after=reset)
