"""The outermost layer of every request: its id, its place in the public schema, and its line in the log."""

import re
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from nextgenerp.core.tenancy import leave_tenant
from nextgenerp.core.metrics import observe_request
from nextgenerp.database.ids import new_id

WELL_FORMED = re.compile(r"^[A-Za-z0-9_.:\-]{8,64}$")
logger = structlog.get_logger("nextgenerp.requests")


class RequestMiddleware:
    """Gives a request its id, starts and ends it in public, adds headers, logs and measures it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        offered = request.headers.get("X-Request-ID", "")
        request.request_id = offered if WELL_FORMED.match(offered) else str(new_id())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.request_id)
        leave_tenant()
        try:
            response = self.get_response(request)
        finally:
            leave_tenant()
        response["X-Request-ID"] = request.request_id
        response.setdefault("Cache-Control", "no-store")
        seconds = time.perf_counter() - started
        route = request.resolver_match.route if request.resolver_match else "unknown"
        observe_request(request.method, route, response.status_code, seconds)
        logger.info(
            "request", method=request.method, path=request.path, status=response.status_code, ms=round(seconds * 1000, 1)
        )
        return response
