"""What many operations of the OpenAPI document share: problems, headers, the parameters of lists."""

from typing import Any

import django_filters

from nextgenerp.core.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from nextgenerp.core.api.problems import CONTENT_TYPE

TEXT = {"type": "string"}
DESCRIPTIONS = {
    "200": "Done",
    "201": "Created",
    "202": "Accepted",
    "204": "Done; there is nothing to show",
    "302": "Go on at another address",
    "503": "Not now",
}
PROBLEMS = {
    "400": ("invalid", "Invalid request", "The request is wrong by itself"),
    "401": ("not_authenticated", "Not authenticated", "No access token, or one that no longer holds"),
    "402": ("subscription_required", "Subscription required", "The subscription is over: reading only"),
    "403": ("permission_denied", "Permission denied", "A grant, role, feature or limit is missing"),
    "404": ("not_found", "Not found", "Absent, another tenant's, or out of the caller's scope"),
    "409": ("conflict", "Conflict", "The current state does not allow it"),
    "412": ("version_mismatch", "Version mismatch", "Someone else was first"),
    "413": ("too_large", "Too large", "The body is too large"),
    "415": ("unsupported_media_type", "Unsupported media type", "A Content-Type this endpoint does not read"),
    "422": ("idempotency_key_reused", "Idempotency key reused", "The key came with another request before"),
    "429": ("rate_limited", "Too many requests", "Too many requests; see Retry-After"),
    "503": ("unavailable", "Unavailable", "A known outage; see Retry-After"),
    "default": ("internal_error", "Internal error", "Any other refusal or failure"),
}
FIELD_ERROR = {
    "type": "object",
    "required": ["field", "code", "detail"],
    "properties": {
        "field": {**TEXT, "examples": ["lines.2.quantity"]},
        "code": {**TEXT, "examples": ["min_value"]},
        "detail": {**TEXT, "examples": ["Ensure this value is greater than or equal to 0."]},
    },
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. Some codes bring further members: the missing module and action, a limit's figures.",
    "required": ["type", "title", "status", "detail", "code", "requestId"],
    "properties": {
        "type": {**TEXT, "format": "uri"},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "code": TEXT,
        "requestId": TEXT,
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
    },
    "additionalProperties": True,
}
PAGINATION = {
    "type": "object",
    "required": ["page", "limit", "total", "totalPages", "nextCursor"],
    "properties": {
        "page": {
            "type": ["integer", "null"],
            "description": "Null where a cursor was given, like the totals.",
        },
        "limit": {"type": "integer"},
        "total": {"type": ["integer", "null"]},
        "totalPages": {"type": ["integer", "null"]},
        "nextCursor": {"type": ["string", "null"], "description": "Null at the end."},
    },
    "examples": [{"page": 1, "limit": 25, "total": 1, "totalPages": 1, "nextCursor": None}],
}
HEADERS = {
    "X-Request-ID": "The request's id, on every answer and log line",
    "ETag": "The record's version, for If-Match",
    "Location": "Where the new record is",
    "Idempotency-Replayed": "true when this is the first answer of the key, sent again",
    "Retry-After": "Seconds to wait",
    "WWW-Authenticate": "Bearer",
}
PROBLEM_HEADERS = {"401": ["WWW-Authenticate"], "429": ["Retry-After"], "503": ["Retry-After"]}
PARAMETERS = {
    "RequestId": ("X-Request-ID", "An id of your own for this request; made when absent.", 64),
    "IfMatch": ("If-Match", "Change the record only if its ETag is still this one.", 200),
    "IdempotencyKey": (
        "Idempotency-Key",
        "Makes a repetition safe: the first answer is replayed for 24 hours.",
        255,
    ),
}
LIST_PARAMETERS: dict[str, dict[str, Any]] = {
    "page": {"type": "integer", "minimum": 1, "default": 1, "description": "The page, from 1."},
    "limit": {
        "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT,
        "description": "Rows a page.",
    },
    "cursor": {**TEXT, "description": "nextCursor of the page before; instead of page."},
    "search": {**TEXT, "description": "Any part of the record's main texts."},
    "sortOrder": {**TEXT, "enum": ["asc", "desc"]},
}  # fmt: skip
FIRST = ("search", "page", "limit", "cursor", "sortBy", "sortOrder")
FILTERS: tuple[tuple[type, dict[str, Any]], ...] = (
    (django_filters.DateFilter, {**TEXT, "format": "date"}),
    (django_filters.IsoDateTimeFilter, {**TEXT, "format": "date-time"}),
    (django_filters.DateTimeFilter, {**TEXT, "format": "date-time"}),
    (django_filters.BooleanFilter, {"type": "boolean"}),
    (django_filters.NumberFilter, {"type": "number"}),
)


def parameter_order(name: str) -> tuple[int, str]:
    """The list's own parameters first, then the filters by name."""
    return (FIRST.index(name) if name in FIRST else len(FIRST), name)


def filter_schema(item: Any) -> dict[str, Any]:
    """The schema of a filter's value."""
    kinds = [schema for kind, schema in FILTERS if isinstance(item, kind)]
    schema = dict(kinds[0]) if kinds else dict(TEXT)
    said = [str(item.extra.get("help_text") or item._label or "")]
    choices = getattr(item, "choices", None) or item.extra.get("choices")
    if choices and not callable(choices):
        values = [str(one[0]) if isinstance(one, tuple) else str(one) for one in choices]
        if isinstance(item, django_filters.ChoiceFilter):
            schema["enum"] = values
        else:
            said.append(f"One or several, comma-separated: {', '.join(values)}.")
    description = " ".join(filter(None, said))
    return {**schema, "description": description} if description else schema


def envelope(items: dict[str, Any], *, paged: bool) -> dict[str, Any]:
    """The schema of a list answer."""
    pagination = {"$ref": "#/components/schemas/Pagination"} if paged else {"type": "null"}
    return {
        "type": "object",
        "required": ["data", "pagination"],
        "properties": {"data": {"type": "array", "items": items}, "pagination": pagination},
    }


def headers(names: list[str]) -> dict[str, Any]:
    """References to shared headers."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def problem_response(status: str) -> dict[str, Any]:
    """The response component of one status."""
    code, title, description = PROBLEMS[status]
    example = {
        "type": "https://nextgenerp.example/problems/" + code.replace("_", "-"), "title": title,
        "status": int(status) if status.isdigit() else 500, "detail": description + ".", "code": code,
        "requestId": "01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17",
    }  # fmt: skip
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    names = ["X-Request-ID", *PROBLEM_HEADERS.get(status, [])]
    return {"description": description, "headers": headers(names), "content": content}


COMPONENTS: dict[str, dict[str, Any]] = {
    "schemas": {"Problem": PROBLEM, "FieldError": FIELD_ERROR, "Pagination": PAGINATION},
    "responses": {status: problem_response(status) for status in PROBLEMS},
    "headers": {name: {"description": said, "schema": TEXT} for name, said in HEADERS.items()},
    "parameters": {
        key: {"name": name, "in": "header", "description": said, "schema": {**TEXT, "maxLength": most}}
        for key, (name, said, most) in PARAMETERS.items()
    },
    "securitySchemes": {
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The access token of POST /auth/login.",
        }
    },
}  # fmt: skip
