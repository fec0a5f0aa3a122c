"""The address a request came from, believed only as far as the configured proxies go."""

from typing import Any

from django.conf import settings


def client_address(request: Any) -> str:
    """The client's address: the n-th from the right of X-Forwarded-For for n TRUSTED_PROXIES, else the peer's."""
    peer = request.META.get("REMOTE_ADDR", "")
    if not settings.TRUSTED_PROXIES:
        return peer
    forwarded = [
        part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()
    ]
    return forwarded[-settings.TRUSTED_PROXIES] if len(forwarded) >= settings.TRUSTED_PROXIES else peer
