"""List, show, create, change, delete: what a resource's viewset inherits and only has to declare."""

from functools import partial
from typing import Any

from django.db import models, transaction
from django.db.models import QuerySet
from rest_framework.response import Response

from nextgenerp.core import entitlements, records
from nextgenerp.core.api import rows
from nextgenerp.core.api.csv_export import ExportColumn, csv_response
from nextgenerp.core.api.etags import check_if_match, etag
from nextgenerp.core.api.filters import ApiFilterSet, filtered
from nextgenerp.core.api.pagination import LIST_PARAMETERS, order_of, page_of
from nextgenerp.core.api.views import ApiView
from nextgenerp.core.exceptions import NotFound
from nextgenerp.core.scope import visible
from nextgenerp.database.ids import parse_id


class ResourceView(ApiView):
    """A view of the records of one model.

    queryset, serializer_class: what and how. list_serializer_class: rows of the list, if they differ.
    filterset_class, sort_fields (spoken name → column), default_sort (``-createdAt``): the list.
    search: a function ``(queryset, text) → queryset``.
    counted: the resource whose counter knows the unfiltered total.
    lookup_parameter: the name of the id in the path.
    """

    queryset: QuerySet
    serializer_class: type
    list_serializer_class: type | None = None
    filterset_class: type[ApiFilterSet] | None = None
    sort_fields: dict[str, str] = {"createdAt": "created_at"}
    default_sort = "-createdAt"
    search: Any = None
    counted: str | None = None
    listing_actions: tuple[str, ...] = ("list",)
    export_columns: tuple[ExportColumn, ...] = ()
    export_name = ""
    lookup_field = "pk"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[^/]+"

    def parameters(self) -> set[str]:
        names = super().parameters()
        if self.action in self.listing_actions or self.action == "export":
            names |= set(self.filterset_class.base_filters) if self.filterset_class else set()
            names |= {"search"} if self.search else set()
            names |= {"sortBy", "sortOrder"}
        if self.action in self.listing_actions:
            names |= set(LIST_PARAMETERS)
        return names

    def get_queryset(self) -> QuerySet:
        """The records the caller's scope reaches."""
        return visible(self.queryset.all(), self.actor)

    def get_object(self, *, lock: bool = False, if_match: bool = True) -> Any:
        """The record of the path, locked and held to If-Match for a write. Raises NotFound, VersionMismatch.

        ``if_match`` is False where If-Match speaks of another record, below this one.
        """
        identifier = parse_id(self.kwargs[self.lookup_url_kwarg])
        queryset = self.get_queryset().filter(pk=identifier)
        found = (records.locked(queryset) if lock else queryset.first()) if identifier else None
        if found is None:
            raise NotFound
        if lock and if_match:
            check_if_match(self.request, found)
        return found

    @property
    def body_class(self) -> type:
        """What reads the body of the current action: its entry in ``bodies``, else the resource's serializer."""
        return self.bodies.get(self.action) or self.serializer_class

    def serialize(self, instance: Any, serializer_class: type | None = None) -> dict[str, Any]:
        context = {"request": self.request, "view": self}
        return (serializer_class or self.serializer_class)(instance, context=context).data

    def answer(self, instance: Any, *, status: int = 200, location: str = "") -> Response:
        """One resource, with its ETag and, for a new one, its Location."""
        headers = {"ETag": etag(instance)} if hasattr(instance, "version") else {}
        if location:
            headers["Location"] = location
        return Response(self.serialize(instance), status=status, headers=headers)

    def filtered_queryset(self) -> QuerySet:
        """The records of the list: scope, filters, search."""
        queryset = filtered(self.get_queryset(), self.filterset_class, self.request)
        text = self.request.GET.get("search", "").strip()
        return type(self).search(queryset, text) if self.search and text else queryset

    def total(self, queryset: QuerySet) -> int:
        """The exact number of records; the counter knows it when nothing narrows the list."""
        narrowed = bool(queryset.query.where)
        return entitlements.used(self.counted) if self.counted and not narrowed else queryset.count()

    def page(self, queryset: QuerySet, serializer_class: type | None = None) -> dict[str, Any]:
        shape = serializer_class or self.list_serializer_class or self.serializer_class
        return page_of(
            queryset,
            self.request.GET,
            order_of(self.request.GET, self.sort_fields, self.default_sort),
            fetch=partial(rows.fetch, shape),
            build=partial(rows.build, shape),
            count=self.total,
        )


def unpaged(items: list[Any]) -> Response:
    """A whole list."""
    return Response({"data": items, "pagination": None})


class ListMixin:
    def list(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response(self.page(self.filtered_queryset()))


class RetrieveMixin:
    def retrieve(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.get_object())


class CreateMixin:
    def create_record(self: Any, values: dict[str, Any]) -> models.Model:
        return records.create_record(self.queryset.model, values, actor=self.actor)

    def create(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        instance = self.create_record(self.validated(self.body_class))
        return self.answer(instance, status=201, location=f"{request.path}/{instance.pk}")


class UpdateMixin:
    """PATCH; a resource with PUT routes ``update`` itself."""

    def update_record(self: Any, instance: Any, values: dict[str, Any]) -> models.Model:
        return records.update_record(instance, values, actor=self.actor)

    @transaction.atomic
    def partial_update(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        instance = self.get_object(lock=True)
        context = {"request": request, "view": self}
        serializer = self.body_class(instance, data=request.data, partial=True, context=context)
        serializer.is_valid(raise_exception=True)
        return self.answer(self.update_record(instance, serializer.validated_data))


class DestroyMixin:
    def delete_record(self: Any, instance: Any) -> None:
        records.delete_record(instance, actor=self.actor)

    @transaction.atomic
    def destroy(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        self.delete_record(self.get_object(lock=True))
        return Response(status=204)


class ExportMixin:
    """GET …/export: the list's filters, scope and order as CSV."""

    def export(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        order = order_of(request.GET, self.sort_fields, self.default_sort)
        return csv_response(self.filtered_queryset(), self.export_columns, self.export_name, order, request)


class ResourceViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, ResourceView):
    """The five usual endpoints of a resource."""
