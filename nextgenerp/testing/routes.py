"""Every route of the server as its URLs say, and what each reads, for tests that go through all of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# What the served pages bring along; neither is an endpoint of the API.
NOT_ENDPOINTS = ("admin/", "static/")


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path as published (``/leads/:id``), and the view's class and action behind them."""

    method: str
    path: str
    view: type
    action: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def names(self) -> list[str]:
        """The names of the ids in the path."""
        return re.findall(r":(\w+)", self.path)

    def at(self, identifier: object) -> str:
        """The path with an id in every place of one."""
        return re.sub(r":\w+", str(identifier), self.path)

    @property
    def parameters(self) -> set[str]:
        """The query parameters the route reads."""
        view = self.view()
        view.action = self.action
        return view.parameters()

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the body that may be written, by the names they are spoken by."""
        serializer = self.view.bodies.get(self.action)
        if serializer is None and self.action in {"create", "update", "partial_update"}:
            serializer = getattr(self.view, "serializer_class", None)
        if serializer is None or self.method == "GET":
            return {}
        return {name: field for name, field in serializer().fields.items() if not field.read_only}


def routes() -> list[Route]:
    """All routes, HEAD left out, in the order they are tried."""
    return [
        Route(method.upper(), path, view.cls, action)
        for path, view in patterns(get_resolver().url_patterns)
        for method, action in view.actions.items()
        if method != "head"
    ]


def patterns(found: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for one in found:
        here = prefix + str(one.pattern)
        if here.startswith(NOT_ENDPOINTS):
            continue
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, here)
        elif isinstance(one, URLPattern):
            yield "/" + as_published(here), one.callback


def as_published(route: str) -> str:
    route = re.sub(r"\(\?P<(\w+)>[^)]*\)", r":\1", route)
    route = re.sub(r"<(?:\w+:)?(\w+)>", r":\1", route)
    return re.sub(r"[\^$]|\\Z", "", route).replace("\\.", ".")
