"""The product's own documentation: the OpenAPI document, the page made from it at /, and Swagger UI at /docs."""

import base64
import gzip
import hashlib
import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from nextgenerp.core.api import openapi, published
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.permissions import PUBLIC
from nextgenerp.core.api.renderers import dump
from nextgenerp.core.api.views import ApiView

TEMPLATES = settings.BASE_DIR / "templates" / "reference"
PAGE = Answer({"type": "string"}, media_type="text/html")
HTML = "text/html; charset=utf-8"
MAX_SEARCH = 100
CODE = r"<code>\1</code>"


@cache
def source(name: str) -> SafeString:
    """A style sheet or script of ours, to be put into a page as it is."""
    return mark_safe((TEMPLATES / name).read_text())  # noqa: S308 - a file of the product


@cache
def allowed(name: str) -> str:
    """The Content-Security-Policy source that allows exactly this file inside a page."""
    digest = hashlib.sha256(source(name).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def serialized() -> bytes:
    return dump(openapi.document())


def entries() -> Iterator[dict[str, Any]]:
    """Every operation as the page shows it, in the published order."""
    document = openapi.document()
    order = {key: index for index, key in enumerate(published.rows())}
    found = [
        (order.get((method, path.replace("{", ":").replace("}", "")), len(order)), method, path, operation)
        for (method, path), operation in openapi.operations(document)
    ]
    for _, method, path, operation in sorted(found, key=lambda one: one[:3]):
        yield entry(method, path, operation, document["components"])


def entry(method: str, path: str, operation: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """What the page shows of one operation."""
    media_type, body = content_of(operation.get("requestBody", {}))
    # What it answers when all goes well; a redirect where there is nothing else.
    done = {status: answer for status, answer in operation["responses"].items() if status[0] in "23"}
    status, answer = next(iter(done.items()))
    spoken = path.replace("{", ":").replace("}", "")
    badges = [operation["x-access"], *(["Limit"] if "x-limit" in operation else [])]
    badges += [f"Feature: {operation['x-feature']}"] if "x-feature" in operation else []
    words = [method, spoken, operation["summary"], operation["tags"][0], *badges]
    return {
        "anchor": operation["operationId"],
        "method": method,
        "path": spoken,
        "group": operation["tags"][0],
        "summary": operation["summary"],
        "description": described(operation["description"]),
        "badges": badges,
        "parameters": [parameter(one, components) for one in operation.get("parameters", [])],
        "body_type": media_type,
        "body": pretty(body),
        "status": status,
        "answer_type": content_of(answer)[0],
        "answer": pretty(content_of(answer)[1]),
        "refusals": [one for one in operation["responses"] if one not in done and one != "default"],
        "curl": curl(method, path, operation, media_type, body),
        "words": " ".join(words).lower(),
    }


def described(text: str) -> SafeString:
    """A description as HTML: paragraphs and `code`, without its last paragraph (who may call it: a badge)."""
    paragraphs = [escape(one) for one in text.split("\n\n")[:-1]]
    return mark_safe("".join(f"<p>{re.sub('`([^`]+)`', CODE, one)}</p>" for one in paragraphs))  # noqa: S308


def content_of(part: dict[str, Any]) -> tuple[str, Any]:
    """The media type of a body or an answer and its example."""
    for media_type, media in part.get("content", {}).items():
        return media_type, media.get("example")
    return "", None


def parameter(given: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in given:
        given = components["parameters"][given["$ref"].rsplit("/", 1)[1]]
    schema = given["schema"]
    kind = " | ".join(schema["enum"]) if "enum" in schema else schema.get("format") or schema["type"]
    return {**given, "kind": kind, "default": schema.get("default")}


def pretty(example: Any) -> str:
    return "" if example is None else json.dumps(example, indent=2, ensure_ascii=False)


def curl(method: str, path: str, operation: dict[str, Any], media_type: str, body: Any) -> str:
    """A command that calls the operation, to be copied."""
    parts = ["curl"] + ([f"-X {method}"] if method != "GET" else [])
    parts.append(shlex.quote(settings.BASE_URL + path.replace("{", "<").replace("}", ">")))
    lines = [" ".join(parts)]
    if operation.get("security"):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if media_type.startswith("multipart/"):
        lines.append("-F 'file=@file.csv'")
    elif body is not None:
        lines.append("-H 'Content-Type: application/json'")
        lines.append("-d " + shlex.quote(json.dumps(body, ensure_ascii=False)))
    return " \\\n  ".join(lines)


def page(search: str) -> str:
    """The reference as HTML: every operation, or those that hold all words of ``search``."""
    words = search.lower().split()
    shown = [one for one in all_entries() if all(word in one["words"] for word in words)]
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in shown:
        groups.setdefault(one["group"], []).append(one)
    return render_to_string(
        "reference/index.html",
        {
            "groups": [
                (name, groups[name]) for name in dict.fromkeys(published.GROUPS.values()) if name in groups
            ],
            "search": search,
            "shown": len(shown),
            "total": len(all_entries()),
            "style": source("reference.css"),
            "script": source("reference.js"),
        },
    )


@cache
def all_entries() -> tuple[dict[str, Any], ...]:
    return tuple(entries())


@cache
def whole_page() -> bytes:
    return page("").encode()


@cache
def packed(content: bytes) -> bytes:
    """What does not change while the process runs, as gzip; nothing in it is anybody's secret."""
    return gzip.compress(content)


def unchanging(request: Any, content: bytes, content_type: str) -> HttpResponse:
    """Answer with content of this module's caches, packed for whoever unpacks it."""
    fits = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(packed(content) if fits else content, content_type=content_type)
    response["Vary"] = "Accept-Encoding"
    if fits:
        response["Content-Encoding"] = "gzip"
    return response


class ReferenceView(ApiView):
    """The API reference for people; ``q`` narrows it to the endpoints that hold all its words."""

    permission_actions = {"show": PUBLIC}
    query_parameters = {"show": ("q",)}
    answers = {"show": PAGE}
    accepts_any_parameter = True

    def show(self, request: Any) -> HttpResponse:
        search = request.GET.get("q", "").strip()[:MAX_SEARCH]
        response = HttpResponse(page(search)) if search else unchanging(request, whole_page(), HTML)
        response["Content-Security-Policy"] = (
            f"default-src 'none'; style-src {allowed('reference.css')}; script-src {allowed('reference.js')}; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        return response


class OpenApiView(ApiView):
    """The OpenAPI document itself."""

    permission_actions = {"show": PUBLIC}
    answers = {"show": Answer({"type": "object"})}

    def show(self, request: Any) -> HttpResponse:
        return unchanging(request, serialized(), "application/json")


class DocsView(ApiView):
    """Swagger UI over /openapi.json, without anything from the internet."""

    permission_actions = {"show": PUBLIC}
    answers = {"show": PAGE}
    accepts_any_parameter = True

    def show(self, request: Any) -> HttpResponse:
        response = HttpResponse(render_to_string("reference/docs.html", {"script": source("docs.js")}))
        response["Content-Security-Policy"] = (
            f"default-src 'none'; script-src 'self' {allowed('docs.js')}; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        return response
