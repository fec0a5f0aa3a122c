"""The outermost layer of every request: its id, its place in the public schema, and its line in the log."""

import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.handlers.wsgi import LimitedStream
from django.http import HttpResponse

from nextgenerp.core.api.problems import plain_problem
from nextgenerp.core.exceptions import DomainError, Invalid, TooLarge
from nextgenerp.core.metrics import observe_request
from nextgenerp.core.tenancy import leave_tenant
from nextgenerp.database.ids import new_id

WELL_FORMED = re.compile(r"^[A-Za-z0-9_.:\-]{8,64}$")
MAX_ADDRESS = 8192
# An answer that is no page may load nothing; pages of ours bring their own policy, the admin site's use this one.
NOTHING = "default-src 'none'; frame-ancestors 'none'"
ADMIN_PAGES = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; form-action 'self'; base-uri 'self'; frame-ancestors 'none'"
)
ALWAYS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
logger = structlog.get_logger("nextgenerp.requests")


class AddressTooLong(DomainError):
    status, code, title = 414, "uri_too_long", "URI too long"
    detail = f"An address has at most {MAX_ADDRESS} characters."


class RequestMiddleware:
    """Gives a request its id, starts and ends it in public, bounds it, adds headers, logs and measures it."""

    def __init__(self, get_response: Callable[[Any], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        started = time.perf_counter()
        offered = request.headers.get("X-Request-ID", "")
        request.request_id = offered if WELL_FORMED.match(offered) else str(new_id())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.request_id)
        leave_tenant()
        try:
            response = self.answer(request)
        finally:
            leave_tenant()
        add_headers(request, response)
        seconds = time.perf_counter() - started
        route = request.resolver_match.route if request.resolver_match else "unknown"
        observe_request(request.method, route, response.status_code, seconds)
        logger.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )
        return response

    def answer(self, request: Any) -> HttpResponse:
        try:
            bound(request)
        except DomainError as error:
            return plain_problem(request, error)
        return self.get_response(request)


def bound(request: Any) -> None:
    """Hold a request to the longest address and the largest body there are.

    Raises AddressTooLong, TooLarge, Invalid.
    """
    if len(request.path) + len(request.META.get("QUERY_STRING", "")) > MAX_ADDRESS:
        raise AddressTooLong
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise Invalid("The Content-Length is not a number.", code="parse_error")
    if length == "0" and "HTTP_TRANSFER_ENCODING" in request.META:
        read_without_length(request)
    elif int(length) > settings.MAX_IMPORT_BYTES + settings.MAX_JSON_BYTES:
        raise TooLarge


def read_without_length(request: Any) -> None:
    """Let a chunked body be read, which Django takes for an empty one; the parsers refuse what is too large."""
    multipart = (request.content_type or "").startswith("multipart/")
    most = (settings.MAX_IMPORT_BYTES if multipart else 0) + settings.MAX_JSON_BYTES
    request.META["CONTENT_LENGTH"] = str(most)
    # One byte more than that shows the parsers that it is too large.
    request._stream = LimitedStream(request.META["wsgi.input"], most + 1)


def add_headers(request: Any, response: HttpResponse) -> None:
    """Put on what every answer has, unless its view said otherwise."""
    response["X-Request-ID"] = request.request_id
    for name, value in ALWAYS.items():
        response.setdefault(name, value)
    page = response.get("Content-Type", "").startswith("text/html")
    response.setdefault("Content-Security-Policy", ADMIN_PAGES if page else NOTHING)
