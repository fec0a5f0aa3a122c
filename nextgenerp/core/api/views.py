"""The base of every REST view: the order of checks, the same everywhere (spec: conventions, Errors)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.http import HttpResponse
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from nextgenerp.core import entitlements
from nextgenerp.core.api import idempotency, throttling
from nextgenerp.core.api.parsers import StrictJSONParser, StrictMultiPartParser, parse_query
from nextgenerp.core.api.permissions import SUPER_ADMIN, Access, declared_access
from nextgenerp.core.api.problems import REPEATABLE, sqlstate
from nextgenerp.core.exceptions import Forbidden, Invalid, NotAuthenticated, SubscriptionRequired, Unavailable
from nextgenerp.core.tenancy import PUBLIC as PUBLIC_SCHEMA
from nextgenerp.core.tenancy import Actor, current_schema, enter_tenant

SAFE = {"GET", "HEAD", "OPTIONS"}
TRIES = 3


class ApiView(ViewSetMixin, APIView):
    """A viewset whose every action declares who may call it.

    permission_module, permission_actions: who may come in (see permissions.py).
    limits: action → the resource it creates, for the reference page; services claim it.
    feature: the plan feature the view belongs to.
    query_parameters: action → the parameter names it reads; every other is refused.
    upload_actions: actions that take multipart bodies; file_actions: those that take JSON or, with a file, multipart.
    bodies, answers: action → the serializer of its body, and of its answer (or an Answer), for the OpenAPI
        document; needed where they are not serializer_class.
    parameter_schemas: parameter name → its JSON schema where a plain text says too little.
    rate_policy: the address policy of RATE_LIMITS.
    acts_in_tenant: False where neither the state nor the schema of the caller's tenant matters.
    """

    permission_module: str | None = None
    permission_actions: dict[str, Access | str] = {}
    limits: dict[str, str] = {}
    feature: str | None = None
    query_parameters: dict[str, tuple[str, ...]] = {}
    upload_actions: tuple[str, ...] = ()
    file_actions: tuple[str, ...] = ()
    bodies: dict[str, type] = {}
    answers: dict[str, Any] = {}
    parameter_schemas: dict[str, dict[str, Any]] = {}
    format_kwarg = None  # DRF's negotiation asks; there is nothing to negotiate
    rate_policy = "address"
    keyed = True  # whether Idempotency-Key is honoured
    writes_when_read_only = False
    acts_in_tenant = True
    accepts_any_parameter = False

    @classmethod
    def as_view(cls, actions: dict[str, str] | None = None, **initkwargs: Any) -> Any:
        for action in (actions or {}).values():
            if not hasattr(cls, action):
                raise ImproperlyConfigured(f"{cls.__name__} has no {action}.")
            declared_access(cls, action)
        return super().as_view(actions, **initkwargs)

    @property
    def access(self) -> Access:
        if self.action is None:
            raise MethodNotAllowed(self.request.method)
        return declared_access(type(self), self.action)

    def get_parsers(self) -> list[Any]:
        if getattr(self, "action", None) in self.upload_actions:
            return [StrictMultiPartParser()]
        if getattr(self, "action", None) in self.file_actions:
            return [StrictJSONParser(), StrictMultiPartParser()]
        return [StrictJSONParser()]

    @property
    def is_upload(self) -> bool:
        """Whether the body of this request holds files."""
        multipart = (self.request.content_type or "").lower().startswith("multipart/")
        return self.action in self.upload_actions or (multipart and self.action in self.file_actions)

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.action = self.action_map.get(request.method.lower())
        if self.action is None and request.method == "HEAD":
            self.action = self.action_map.get("get")
        return APIView.initialize_request(self, request, *args, **kwargs)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Check, run, answer. A transaction that met a deadlock is run again: it left nothing behind."""
        self.args, self.kwargs = args, kwargs
        self.request = request = self.initialize_request(request, *args, **kwargs)
        self.headers: dict[str, str] = {}
        try:
            self.initial(request, *args, **kwargs)
            handler = partial(getattr(self, self.action), request, *args, **kwargs)
            key = self.idempotency_key()
            if key:
                handler = partial(idempotency.once, request, key, handler, self.handle_exception)
            response = self.repeat(handler)
        except Exception as exc:
            response = self.handle_exception(exc)
        self.response = self.finalize_response(request, response, *args, **kwargs)
        return self.response

    def repeat(self, handler: Callable[[], Response]) -> Response:
        for remaining in reversed(range(TRIES)):
            try:
                return handler()
            except DatabaseError as exc:
                if sqlstate(exc) not in REPEATABLE or not remaining:
                    raise
        raise AssertionError("unreachable")

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Everything that is checked before the handler, in the order the spec gives."""
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        throttling.by_address(request, self.rate_policy)
        access = self.access
        self.parse(request)
        if not access.public:
            self.authenticate(request, access)
        self.check_permissions(request)
        self.check_parameters(request)

    def parse(self, request: Any) -> None:
        """Read the body, unless it is an upload: nobody unknown gets to fill a disk."""
        parse_query(request._request)
        if not self.is_upload:
            request.data  # noqa: B018 - parses, and raises what is wrong

    def authenticate(self, request: Any, access: Access) -> None:
        """Load the caller, enter their tenant, and hold both to their state. Raises NotAuthenticated, Forbidden,
        SubscriptionRequired."""
        if request.user is None:
            raise NotAuthenticated
        throttling.by_seat(request)
        actor: Actor = request.actor
        if not self.acts_in_tenant or (actor.is_super_admin and access is SUPER_ADMIN):
            return  # the platform's own rows do not depend on a seat the operator happens to hold
        if actor.tenant is not None:
            self.enter(request, actor)
        elif access.needs_tenant:
            raise Forbidden(
                "A platform operator acts in a tenant only through impersonation.", code="tenant_required"
            )

    def enter(self, request: Any, actor: Actor) -> None:
        tenant = actor.tenant
        if tenant.status != tenant.Status.ACTIVE:
            raise Forbidden("This tenant is suspended.", code="tenant_suspended")
        if not tenant.schema_ready:
            raise Unavailable("This tenant is being migrated.", retry_after=60)
        enter_tenant(tenant)
        if (
            request.method not in SAFE
            and not self.writes_when_read_only
            and entitlements.entitlements().read_only
        ):
            raise SubscriptionRequired
        if self.feature:
            entitlements.require_feature(self.feature)

    def check_parameters(self, request: Any) -> None:
        """Refuse parameters this action does not read. Raises Invalid."""
        if self.accepts_any_parameter:
            return
        allowed = self.parameters()
        unknown = [name for name in request.GET if name not in allowed]
        if unknown:
            known = ", ".join(sorted(allowed)) or "none"
            raise Invalid(
                "Unknown query parameter.",
                code="unknown_parameter",
                errors=[
                    {"field": name[:100], "code": "unknown_parameter", "detail": f"There is: {known}."}
                    for name in unknown
                ],
            )

    def parameters(self) -> set[str]:
        """The names of the query parameters the current action reads."""
        return set(self.query_parameters.get(self.action, ()))

    def idempotency_key(self) -> str:
        """The key under which this request happens once; empty where keys do not apply."""
        request = self.request
        if request.method in SAFE or not self.keyed or self.is_upload:
            return ""
        return idempotency.key_of(request) if current_schema() != PUBLIC_SCHEMA else ""

    def finalize_response(self, request: Any, response: HttpResponse, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        rate = getattr(request._request, "rate_limit", None)
        if rate:
            response["RateLimit-Policy"], response["RateLimit"] = rate
        return response

    @property
    def actor(self) -> Actor:
        return self.request.actor

    def validated(self, serializer_class: type, data: Any = None, **context: Any) -> dict[str, Any]:
        """The body (or ``data``) held to a serializer. Raises its ValidationError."""
        serializer = serializer_class(
            data=self.request.data if data is None else data,
            context={"request": self.request, "view": self, **context},
        )
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data
