"""Problem documents for what no REST view answers: unknown paths and the framework's own refusals."""

import sys
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from nextgenerp.core.api.problems import Unhandled, as_domain_error, plain_problem
from nextgenerp.core.exceptions import Forbidden, Invalid, NotFound

logger = structlog.get_logger(__name__)


def bad_request(request: HttpRequest, exception: Any) -> HttpResponse:
    return plain_problem(request, Invalid("The request is malformed.", code="parse_error"))


def permission_denied(request: HttpRequest, exception: Any) -> HttpResponse:
    return plain_problem(request, Forbidden())


def page_not_found(request: HttpRequest, exception: Any) -> HttpResponse:
    return plain_problem(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    raised = sys.exc_info()[1]
    error = as_domain_error(raised) if isinstance(raised, Exception) else Unhandled()
    if isinstance(error, Unhandled):
        logger.error("unhandled", exc_info=raised)
    return plain_problem(request, error)
