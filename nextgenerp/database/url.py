"""Django's database settings from a postgresql:// address."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

LOCK_TIMEOUT_MS = 2_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000


def database_settings(url: str, *, statement_timeout_ms: int) -> dict[str, Any]:
    """Build the settings of one database; the host may be a percent-encoded socket folder.

    The timeouts (milliseconds) are set for the session, so that no statement, lock wait or forgotten
    transaction can hold a connection for longer.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError("DATABASE_URL must begin with postgresql://")
    timeouts = {
        "statement_timeout": statement_timeout_ms,
        "lock_timeout": LOCK_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT_MS,
    }
    return {
        "ENGINE": "nextgenerp.database",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        # Not parts.hostname, which would lower-case the folder of a socket.
        "HOST": unquote(
            parts.netloc.rpartition("@")[2].rpartition(":")[0] or parts.netloc.rpartition("@")[2]
        ),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **dict(parse_qsl(parts.query)),
            "options": " ".join(f"-c {name}={value}" for name, value in timeouts.items()),
            "connect_timeout": 5,
        },
    }
