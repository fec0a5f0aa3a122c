"""The quick road for lists: the rows of a queryset in the shape of a serializer, without model instances or field
objects. Generated once per serializer class; ``test_rows`` holds the two roads equal."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.core.exceptions import EmptyResultSet, ImproperlyConfigured
from django.db import connection, models
from django.db.models import QuerySet
from rest_framework import serializers

from nextgenerp.core.api.fields import ColumnsField, LookupField

PLAIN = (
    serializers.CharField, serializers.BooleanField, serializers.IntegerField, serializers.DecimalField,
    serializers.UUIDField, serializers.DateField, serializers.DateTimeField, serializers.ChoiceField,
    serializers.JSONField, serializers.ListField, serializers.PrimaryKeyRelatedField, serializers.URLField,
    serializers.FloatField,
)  # fmt: skip

Builder = Callable[[tuple[Any, ...]], dict[str, Any]]


class RowPlan:
    """Which columns a serializer class needs and how a tuple of them becomes its representation."""

    def __init__(self, serializer_class: type[serializers.Serializer]) -> None:
        self.columns: list[str] = []
        self.lookups: list[tuple[str, int, LookupField]] = []
        self.build = self.object_builder(serializer_class().fields, "")

    def column(self, path: str) -> int:
        if path not in self.columns:
            self.columns.append(path)
        return self.columns.index(path)

    def object_builder(self, fields: Any, prefix: str) -> Builder:
        """Plan the columns of an object's fields; ``prefix`` is the path to it from the queryset's model."""
        plain: list[tuple[str, int]] = []
        made: list[tuple[str, list[int], Callable[..., Any]]] = []
        nested: list[tuple[str, int, Builder]] = []
        for name, field in fields.items():
            path = prefix + (field.source or name).replace(".", "__")
            if field.write_only:
                continue
            if isinstance(field, serializers.BaseSerializer):
                nested.append(
                    (name, self.column(path + "__id"), self.object_builder(field.fields, path + "__"))
                )
            elif isinstance(field, ColumnsField):
                made.append((name, [self.column(prefix + column) for column in field.columns], field.make))
            else:
                plain.append((name, self.plain_column(name, field, path)))

        def build(row: tuple[Any, ...]) -> dict[str, Any]:
            built = {name: row[index] for name, index in plain}
            for name, indexes, make in made:
                built[name] = make(*[row[index] for index in indexes])
            for name, key, builder in nested:
                built[name] = None if row[key] is None else builder(row)
            return built

        return build

    def plain_column(self, name: str, field: serializers.Field, path: str) -> int:
        """The column a field reads, a lookup's key included. Raises ImproperlyConfigured."""
        if isinstance(field, LookupField):
            if "__" in path:
                raise ImproperlyConfigured(f"{name}: a lookup cannot be inside a nested object.")
            self.lookups.append((name, self.column(field.key), field))
            return self.column(field.key)
        if isinstance(field, serializers.PrimaryKeyRelatedField):
            return self.column(path + "_id")
        if isinstance(field, PLAIN):
            return self.column(path)
        raise ImproperlyConfigured(f"{name}: the quick road does not know {type(field).__name__}.")


@cache
def plan_of(serializer_class: type[serializers.Serializer]) -> RowPlan:
    return RowPlan(serializer_class)


class PageSelect:
    """The SELECT of a model's columns for the records an inner query finds, written once.

    A request then lets the ORM write only that inner query, of two columns: writing all of them costs as much as
    everything else in a list.
    """

    def __init__(self, model: type[models.Model], columns: tuple[str, ...]) -> None:
        query = model._base_manager.values_list(*columns).query
        compiler = query.get_compiler(connection=connection)
        compiler.pre_sql_setup()
        froms, parameters = compiler.get_from_clause()
        expressions = [expression for expression, _, _ in compiler.select]
        written = [sql for _, (sql, _), _ in compiler.select]
        if parameters or any(params for _, (_, params), _ in compiler.select):
            raise ImproperlyConfigured(f"{model.__name__}: a row's columns take no parameters.")
        base, *joins = froms
        self.select = ", ".join(written)
        self.joined = f'JOIN {base} ON {base}."{model._meta.pk.column}" = page.id {" ".join(joins)}'
        self.converters = compiler.get_converters(expressions)
        self.apply = compiler.apply_converters

    def rows(self, inner: QuerySet, extra: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """The rows of ``inner`` in its order, each with ``extra`` columns, the id last, at its end."""
        try:
            sql, parameters = inner.values_list(*extra).query.sql_with_params()
        except EmptyResultSet:
            return []
        names = ", ".join([*(f"extra{index}" for index in range(1, len(extra))), "id"])
        places = ", ".join(f"page.{name}" for name in names.split(", "))
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH found ({names}) AS MATERIALIZED ({sql}), "  # noqa: S608 - made of column names
                f"page AS (SELECT *, row_number() OVER () AS place FROM found) "
                f"SELECT {self.select}, {places} FROM page {self.joined} ORDER BY page.place",
                parameters,
            )
            rows = cursor.fetchall()
        return list(map(tuple, self.apply(rows, self.converters))) if self.converters else rows


@cache
def page_select(model: type[models.Model], columns: tuple[str, ...]) -> PageSelect:
    return PageSelect(model, columns)


def fetch(
    serializer_class: type[serializers.Serializer], queryset: QuerySet, *extra: str
) -> list[tuple[Any, ...]]:
    """The rows of a queryset as tuples of what the serializer needs and, at their end, ``extra`` columns.

    The last of these is the id.
    """
    columns = plan_of(serializer_class).columns
    if queryset.query.annotations:  # a column may be one of them
        return list(queryset.values_list(*columns, *extra))
    return page_select(queryset.model, tuple(columns)).rows(queryset, extra)


def build(
    serializer_class: type[serializers.Serializer], rows: list[tuple[Any, ...]]
) -> list[dict[str, Any]]:
    """Tuples of ``fetch`` as the serializer would represent them; one query per lookup."""
    plan = plan_of(serializer_class)
    built = [plan.build(row) for row in rows]
    for name, _, field in plan.lookups:
        keys = {item[name] for item in built if item[name] is not None}
        found = field.load(keys) if keys else {}
        for item in built:
            item[name] = found.get(item[name], field.missing)
    return built
