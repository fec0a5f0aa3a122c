"""The quick road for lists: the rows of a queryset in the shape of a serializer, without model instances or field
objects. Generated once per serializer class; ``test_rows`` holds the two roads equal."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
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


def fetch(
    serializer_class: type[serializers.Serializer], queryset: QuerySet, *extra: str
) -> list[tuple[Any, ...]]:
    """The rows of a queryset as tuples of what the serializer needs and, at their end, ``extra`` columns."""
    return list(queryset.values_list(*plan_of(serializer_class).columns, *extra))


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
