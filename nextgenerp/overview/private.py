"""Who may see what only operators may: this machine itself, or the bearer of METRICS_TOKEN."""

import hmac
from typing import Any

from django.conf import settings

LOOPBACK = {"127.0.0.1", "::1"}


def is_operator(request: Any) -> bool:
    """Whether a request comes straight from this machine (no proxy in between) or carries METRICS_TOKEN."""
    if request.META.get("REMOTE_ADDR") in LOOPBACK and "HTTP_X_FORWARDED_FOR" not in request.META:
        return True
    offered = request.META.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ").encode()
    return bool(settings.METRICS_TOKEN) and hmac.compare_digest(offered, settings.METRICS_TOKEN.encode())
