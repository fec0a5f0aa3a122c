"""What services raise when something may not happen; ``api/problems.py`` speaks them as RFC 9457 problems."""

from collections.abc import Iterable
from typing import Any


class DomainError(Exception):
    """A refusal: an HTTP status, a stable code, a title, and a detail for people.

    ``errors`` lists field errors as ``{"field", "code", "detail"}``; other keyword arguments become members of the
    problem document.
    """

    status = 409
    code = "conflict"
    title = "Conflict"
    detail = "The current state does not allow this."

    def __init__(
        self, detail: str = "", *, code: str = "", errors: list[dict[str, str]] | None = None, **members: Any
    ):
        self.detail = detail or self.detail
        self.code = code or self.code
        self.errors = errors
        self.members = members
        super().__init__(self.detail)


class Invalid(DomainError):
    status, code, title, detail = 400, "invalid", "Invalid request", "The request is not valid."

    @classmethod
    def field(cls, name: str, code: str, detail: str) -> "Invalid":
        """An error of one field, by its camelCase path (``lines.2.quantity``)."""
        return cls(errors=[{"field": name, "code": code, "detail": detail}])


class NotAuthenticated(DomainError):
    status, code, title, detail = (
        401,
        "not_authenticated",
        "Not authenticated",
        "Sign in and send an access token.",
    )


class SubscriptionRequired(DomainError):
    status, code, title = 402, "subscription_required", "Subscription required"
    detail = "The subscription has ended: the data can be read and exported, not changed."


class Forbidden(DomainError):
    status, code, title, detail = 403, "permission_denied", "Permission denied", "You may not do this."


class LimitReached(Forbidden):
    code, title = "plan_limit_reached", "Plan limit reached"


class NotFound(DomainError):
    status, code, title, detail = 404, "not_found", "Not found", "There is nothing here, or not for you."


class Conflict(DomainError):
    pass


class Duplicate(Conflict):
    code, title, detail = "duplicate", "Duplicate", "There is one like this already."


class InUse(Conflict):
    code, title, detail = "in_use", "In use", "Other records use this."


class InvalidTransition(Conflict):
    code, title = "invalid_transition", "Invalid transition"

    @classmethod
    def between(cls, detail: str, before: str, to: str, allowed: Iterable[str]) -> "InvalidTransition":
        """A step that is none: from where, to where, and where one may go instead."""
        members: dict[str, Any] = {"from": before, "to": to, "allowed": [str(one) for one in allowed]}
        return cls(detail, **members)


class Expired(DomainError):
    status, code, title, detail = 410, "expired", "Expired", "This is no longer valid."


class VersionMismatch(DomainError):
    status, code, title = 412, "version_mismatch", "Version mismatch"
    detail = "Someone else changed this in the meantime. Read it again."


class TooLarge(DomainError):
    status, code, title, detail = 413, "too_large", "Too large", "The request is too large."


class IdempotencyKeyReused(DomainError):
    status, code, title = 422, "idempotency_key_reused", "Idempotency key reused"
    detail = "This Idempotency-Key was used with another request."


class RateLimited(DomainError):
    """Carries ``retry_after`` in seconds, which becomes the Retry-After header."""

    status, code, title, detail = (
        429,
        "rate_limited",
        "Too many requests",
        "Too many requests. Try again later.",
    )

    def __init__(self, detail: str = "", *, retry_after: int = 60, **members: Any):
        super().__init__(detail, **members)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """A known outage; carries ``retry_after`` in seconds."""

    status, code, title, detail = (
        503,
        "unavailable",
        "Unavailable",
        "The service is unavailable for the moment.",
    )

    def __init__(self, detail: str = "", *, retry_after: int = 2, **members: Any):
        super().__init__(detail, **members)
        self.retry_after = retry_after


class NotConfigured(Unavailable):
    code, title, detail = "not_configured", "Not configured", "This has not been configured on this server."
