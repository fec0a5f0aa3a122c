"""The OpenAPI 3.1 document, from what views, filters and serializers declare anyway."""

import inspect
import re
import threading
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from nextgenerp.core.api import openapi_parts as parts
from nextgenerp.core.api import published
from nextgenerp.core.api.answers import CSV_FILE, Answer
from nextgenerp.core.api.examples import example_of
from nextgenerp.core.api.permissions import PRIVATE, Access, declared_access

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
USUAL = {"create": 201, "destroy": 204}
BODILESS = {204, 302}
_lock = threading.Lock()


@cache
def _generated() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def document() -> dict[str, Any]:
    """The whole document, made once a process."""
    with _lock:
        return _generated()


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


class DeclaredSchema(AutoSchema):
    """One operation: its access, limit and feature, its parameters, its answers and its refusals."""

    @property
    def access(self) -> Access:
        return declared_access(type(self.view), self.view.action)

    @property
    def is_listing(self) -> bool:
        return self.view.action in getattr(self.view, "listing_actions", ())

    @property
    def is_versioned(self) -> bool:
        """Whether the operation is about one record whose version its ETag shows."""
        queryset = getattr(self.view, "queryset", None)
        return queryset is not None and hasattr(queryset.model, "version") and not self.is_listing

    @property
    def published(self) -> published.Row | None:
        return published.rows().get((self.method, re.sub(r"\{(\w+)\}", r":\1", self.path)))

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False  # lists are said by get_response_serializers

    def get_operation_id(self) -> str:
        """``getLeadsById``: from method and path, so that it changes only when they do."""
        words = [
            "By" + part[1:-1][:1].upper() + part[2:-1]
            if part.startswith("{")
            else "".join(word.capitalize() for word in re.split(r"\W", part))
            for part in self.path.strip("/").split("/")
        ]
        return self.method.lower() + ("".join(words) or "Root")

    def get_tags(self) -> list[str]:
        return [published.group_of(self.path)]

    def get_summary(self) -> str:
        return self.published.description if self.published else self.view.action.replace("_", " ")

    def get_description(self) -> str:
        """What the view says about its action, and what holds for every call of it."""
        said = inspect.cleandoc(getattr(getattr(type(self.view), self.view.action), "__doc__", None) or "")
        said = re.sub(r"\s*\bRaises [^.]*\.", "", said).replace("``", "`")
        return "\n\n".join(filter(None, [said, f"Access: {self.access.label}."]))

    def get_auth(self) -> list[dict[str, Any]]:
        return [] if self.access.public else [{"bearer": []}]

    def get_extensions(self) -> dict[str, Any]:
        extensions = {"x-access": self.access.label}
        if self.view.action in self.view.limits:
            extensions["x-limit"] = self.view.limits[self.view.action]
        if self.view.feature:
            extensions["x-feature"] = self.view.feature
        return extensions

    # --- parameters

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        kind = {"type": "string", "format": "uuid"}
        return [{"name": name, "in": "path", "required": True, "schema": kind} for name in variables]

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters = super()._get_parameters()
        known = {(parameter["name"], parameter["in"]) for parameter in parameters}
        names = sorted(self.view.parameters(), key=parts.parameter_order)
        parameters += [self.query_parameter(name) for name in names if (name, "query") not in known]
        return parameters + [{"$ref": f"#/components/parameters/{name}"} for name in self.header_parameters()]

    def query_parameter(self, name: str) -> dict[str, Any]:
        """One parameter of the query: by its declaration, its filter, or the list's own rules."""
        declared = self.view.parameter_schemas.get(name)
        filterset = getattr(self.view, "filterset_class", None)
        item = filterset.base_filters.get(name) if filterset else None
        if declared is not None:
            schema = dict(declared)
        elif name == "sortBy":
            fields = self.view.sort_fields
            schema = {"type": "string", "enum": list(fields), "default": self.view.default_sort.lstrip("-")}
        elif item is not None:
            schema = parts.filter_schema(item)
        else:
            schema = dict(parts.LIST_PARAMETERS.get(name, {"type": "string"}))
        description = schema.pop("description", "")
        parameter = {"name": name, "in": "query", "schema": schema}
        return {**parameter, "description": description} if description else parameter

    def header_parameters(self) -> list[str]:
        names = ["RequestId"]
        if self.method in WRITES:
            if self.is_versioned and self.method != "POST":
                names.append("IfMatch")
            of_tenant = self.access.needs_tenant and not self.access.public
            if of_tenant and self.view.keyed and self.view.action not in self.view.upload_actions:
                names.append("IdempotencyKey")
        return names

    # --- bodies and answers

    def get_request_serializer(self) -> Any:
        declared = self.view.bodies.get(self.view.action)
        if declared is not None:
            return declared
        if self.view.action in {"create", "update", "partial_update"}:
            return getattr(self.view, "serializer_class", None)
        return {}

    def _get_request_body(self, direction: str = "request") -> dict[str, Any] | None:
        return None if self.get_request_serializer() == {} else super()._get_request_body(direction)

    def answer(self) -> Answer:
        """What the action answers, declared or as usual."""
        action = self.view.action
        declared = self.view.answers.get(action)
        if isinstance(declared, Answer):
            return declared
        status = USUAL.get(action, 200)
        if status == 204:
            return Answer(None, 204)
        if action == "export" and declared is None:
            return CSV_FILE
        usual = getattr(self.view, "serializer_class", None)
        if self.is_listing:
            usual = getattr(self.view, "list_serializer_class", None) or usual
        return Answer(declared or usual, status, paged=self.is_listing)

    def get_response_serializers(self) -> Any:
        answer = self.answer()
        if answer.serializer is None and answer.status not in BODILESS:
            return None  # not declared: drf-spectacular warns
        if answer.serializer is None:
            return {str(answer.status): None}
        schema = answer.serializer if isinstance(answer.serializer, dict) else self.shape(answer)
        return {(str(status), answer.media_type): schema for status in (answer.status, *answer.also)}

    def shape(self, answer: Answer) -> dict[str, Any]:
        schema = self.resolve_serializer(answer.serializer, "response").ref
        return parts.envelope(schema, paged=answer.paged) if answer.many or answer.paged else schema

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        responses = super()._get_response_bodies(direction)
        for status, response in responses.items():
            response["description"] = parts.DESCRIPTIONS.get(status, "Done")
            response["headers"] = {**parts.headers(self.header_names(status)), **response.get("headers", {})}
        refusals = sorted(self.refusals() - set(responses))
        return {**responses, **{status: {"$ref": f"#/components/responses/{status}"} for status in refusals}}

    def header_names(self, status: str) -> list[str]:
        names = ["X-Request-ID"]
        if self.is_versioned and self.answer().media_type == "application/json" and status != "204":
            names.append("ETag")
        if status in {"201", "202", "302"}:
            names.append("Location")
        if "IdempotencyKey" in self.header_parameters():
            names.append("Idempotency-Replayed")
        return names

    def refusals(self) -> set[str]:
        """The statuses of the problems this operation may answer."""
        write, public = self.method in WRITES, self.access.public
        headers = self.header_parameters()
        found = {"400", "429", "503", "default"}
        found |= set() if public and not write else {"401", "403"}
        found |= {"404"} if "{" in self.path else set()
        found |= {"409", "415", "413"} if write else set()
        found |= {"402"} if write and self.access.needs_tenant and not public else set()
        found |= {"412"} if "IfMatch" in headers else set()
        found |= {"422"} if "IdempotencyKey" in headers else set()
        return found


def finish_schema(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Last touches on the whole document: shared components, groups in their order, examples."""
    result = without_marks(result)
    components = result.setdefault("components", {})
    for kind, members in parts.COMPONENTS.items():
        components[kind] = {**components.get(kind, {}), **members}
    used = {tag for _, operation in operations(result) for tag in operation["tags"]}
    result["tags"] = [{"name": name} for name in dict.fromkeys(published.GROUPS.values()) if name in used]
    for _, operation in operations(result):
        contents = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media in (media for one in contents for media in one.get("content", {}).items()):
            add_example(*media, components["schemas"])
    return result


def without_marks(part: Any) -> Any:
    """A part of the document without drf-spectacular's own marks on enumerations."""
    if isinstance(part, dict):
        return {name: without_marks(member) for name, member in part.items() if name != "x-spec-enum-id"}
    return [without_marks(item) for item in part] if isinstance(part, list) else part


def operations(result: dict[str, Any]) -> list[tuple[tuple[str, str], dict[str, Any]]]:
    """``((method, path), operation)`` of a document."""
    return [
        ((method.upper(), path), operation)
        for path, item in result["paths"].items()
        for method, operation in item.items()
    ]


def add_example(media_type: str, media: dict[str, Any], schemas: dict[str, Any]) -> None:
    if media_type == "application/json" and "examples" not in media:
        media["example"] = example_of(media["schema"], schemas)
