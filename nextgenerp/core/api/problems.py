"""The one place where what went wrong becomes an RFC 9457 problem document."""

import re
from functools import cache
from typing import Any

import structlog
from django.apps import apps
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.db import DatabaseError, IntegrityError, InterfaceError, models
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions as drf
from rest_framework.response import Response

from nextgenerp.core.api.renderers import dump
from nextgenerp.core.exceptions import (
    Conflict,
    DomainError,
    Duplicate,
    Forbidden,
    InUse,
    Invalid,
    NotAuthenticated,
    NotFound,
    TooLarge,
    Unavailable,
)

logger = structlog.get_logger(__name__)
CONTENT_TYPE = "application/problem+json"
# SQLSTATEs of a database that is busy, starting, stopping or gone: come back later.
# 25006: a standby that has not taken over yet.
UNAVAILABLE = re.compile(r"^(55P03|57014|25006|25P03|53\d{3}|57P0[1-5]|08\w{3}|40001|40P01)$")
REPEATABLE = {"40001", "40P01"}
DRF_CODES = {404: NotFound, 403: Forbidden}


class Unhandled(DomainError):
    status, code, title, detail = 500, "internal_error", "Internal error", "Something went wrong on our side."


class MethodNotAllowed(DomainError):
    status, code, title = 405, "method_not_allowed", "Method not allowed"


class UnsupportedMedia(DomainError):
    status, code, title = 415, "unsupported_media_type", "Unsupported media type"
    detail = "Send this as a Content-Type the endpoint reads."


def problem_response(exc: Exception, context: dict[str, Any] | None = None) -> Response:
    """Answer any exception of a view; DRF's EXCEPTION_HANDLER."""
    request = (context or {}).get("request")
    error = as_domain_error(exc)
    if isinstance(error, Unhandled):
        logger.error("unhandled", exc_info=exc)
    response = Response(document(error, request_id(request)), status=error.status, content_type=CONTENT_TYPE)
    for name, value in headers_of(error).items():
        response[name] = value
    if error.status == 405:
        response["Allow"] = ", ".join(sorted(method.upper() for method in context["view"].action_map))
    return response


def plain_problem(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer outside any REST view (unknown paths, the framework's own refusals)."""
    body = dump(document(error, request_id(request)))
    response = HttpResponse(body, status=error.status, content_type=CONTENT_TYPE)
    for name, value in headers_of(error).items():
        response[name] = value
    return response


def document(error: DomainError, identifier: str) -> dict[str, Any]:
    """The members of a problem document."""
    members: dict[str, Any] = {
        "type": settings.PROBLEM_TYPE_BASE + error.code.replace("_", "-"),
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "requestId": identifier,
        **error.members,
    }
    if error.errors:
        members["errors"] = error.errors
    return members


def request_id(request: Any) -> str:
    return getattr(getattr(request, "_request", request), "request_id", "")


def headers_of(error: DomainError) -> dict[str, str]:
    headers: dict[str, str] = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="nextgenerp"'
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return headers


def as_domain_error(exc: Exception) -> DomainError:
    """Translate what Django, DRF or PostgreSQL raised into one of ours."""
    if isinstance(exc, DomainError):
        return exc
    if isinstance(exc, drf.APIException):
        return of_drf(exc)
    if isinstance(exc, IntegrityError):
        return of_integrity_error(exc)
    if isinstance(exc, DatabaseError | InterfaceError):
        return of_database_error(exc)
    return of_django(exc)


def of_django(exc: Exception) -> DomainError:
    if isinstance(exc, Http404):
        return NotFound()
    if isinstance(exc, PermissionDenied):
        return Forbidden()
    if isinstance(exc, RequestDataTooBig):
        return TooLarge()
    if isinstance(exc, SuspiciousOperation | TooManyFieldsSent):
        return Invalid("The request is malformed.", code="parse_error")
    return Unhandled()


def of_drf(exc: drf.APIException) -> DomainError:
    if isinstance(exc, drf.ValidationError):
        return Invalid("Some fields are not valid.", errors=flatten(exc.get_full_details()))
    if isinstance(exc, drf.NotAuthenticated | drf.AuthenticationFailed):
        return NotAuthenticated()
    if isinstance(exc, drf.MethodNotAllowed):
        return MethodNotAllowed(str(exc.detail))
    if isinstance(exc, drf.UnsupportedMediaType):
        return UnsupportedMedia()
    if isinstance(exc, drf.ParseError):
        return Invalid("The body could not be read.", code="parse_error")
    return DRF_CODES.get(exc.status_code, Unhandled)()


def flatten(details: Any, path: str = "") -> list[dict[str, str]]:
    """DRF's nested error details as a flat list with dotted paths (``lines.2.quantity``)."""
    if is_leaf(details):
        return [{"field": path, "code": str(details["code"]), "detail": str(details["message"])}]
    pairs = details.items() if isinstance(details, dict) else enumerate(details)
    found: list[dict[str, str]] = []
    for key, value in pairs:
        own = isinstance(details, list) and is_leaf(value)
        step = path if own or key == "non_field_errors" else f"{path}.{key}" if path else str(key)
        found += flatten(value, step)
    return found


def is_leaf(details: Any) -> bool:
    """Whether this is one error, and not the errors of fields that happen to be called message and code."""
    return (
        isinstance(details, dict)
        and set(details) == {"message", "code"}
        and isinstance(details["message"], str)
    )


def sqlstate(exc: BaseException | None) -> str:
    """The SQLSTATE of a database error, empty when there is none (a broken connection)."""
    return getattr(exc, "sqlstate", None) or getattr(getattr(exc, "__cause__", None), "sqlstate", None) or ""


def of_database_error(exc: Exception) -> DomainError:
    state = sqlstate(exc)
    broken = not state and type(exc).__name__ in {"OperationalError", "InterfaceError"}
    if UNAVAILABLE.match(state) or broken:
        logger.warning("database_unavailable", sqlstate=state, error=str(exc)[:300])
        return Unavailable()
    if state.startswith("22"):  # a value PostgreSQL cannot hold
        return Invalid("A value is out of range.")
    return Unhandled()


@cache
def constraints() -> dict[str, tuple[models.BaseConstraint, bool]]:
    """Every declared constraint by name, and whether it is a unique one."""
    return {
        constraint.name: (constraint, isinstance(constraint, models.UniqueConstraint))
        for model in apps.get_models()
        for constraint in model._meta.constraints
    }


def of_integrity_error(exc: IntegrityError) -> DomainError:
    """Answer a violated constraint by its declaration (``violation_error_code``, ``violation_error_message``)."""
    if isinstance(exc, models.ProtectedError | models.RestrictedError):
        return InUse()
    diagnostics = getattr(exc.__cause__, "diag", None)
    name = getattr(diagnostics, "constraint_name", None) or ""
    known = constraints()
    constraint, unique = known.get(name) or known.get(re.sub(r"_\d+$", "", name), (None, False))
    state = sqlstate(exc)
    if constraint is not None:
        code = constraint.violation_error_code
        if unique:
            return Duplicate(str(constraint.get_violation_error_message()), code=code or "duplicate")
        return Conflict(str(constraint.get_violation_error_message()), code=code or "conflict")
    if state == "23503":
        return (
            InUse() if "is still referenced" in str(exc) else Invalid("A referenced record does not exist.")
        )
    if state == "23505":
        return Duplicate()
    logger.error("unknown_constraint", constraint=name, sqlstate=state)
    return Conflict()
