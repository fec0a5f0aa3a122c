"""Serializer fields the API needs beyond DRF's: ids of records and seats, lookups made once for a whole page."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from rest_framework import serializers

from nextgenerp.core import seats
from nextgenerp.database.ids import parse_id


class TextField(serializers.CharField):
    """A trimmed text; null is the same as empty where empty is allowed, and numbers are not texts."""

    default_error_messages = {"invalid": "Not a text."}

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if data is None and self.allow_blank and not self.allow_null:
            return True, ""
        return super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class DecimalField(serializers.DecimalField):
    """An exact number: a string or a JSON number in, the full scale as a string out."""

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, str | int | Decimal):
            self.fail("invalid")
        if isinstance(data, str) and not data.isascii():
            self.fail("invalid")
        value = super().to_internal_value(data)
        return value if value else abs(value)  # no negative zero


class RecordIdField(serializers.PrimaryKeyRelatedField):
    """The id of another record of the tenant; unknown, malformed and foreign ids are one answer."""

    default_error_messages = {"does_not_exist": "There is no such record.", "required": "This field is required."}

    def to_internal_value(self, data: Any) -> models.Model:
        identifier = parse_id(data)
        found = self.get_queryset().filter(pk=identifier).first() if identifier else None
        if found is None:
            self.fail("does_not_exist")
        return found


class SeatIdField(serializers.UUIDField):
    """The id of an active seat of the caller's tenant; the attribute holds the id, not the seat."""

    default_error_messages = {"does_not_exist": "There is no such active member."}

    def to_internal_value(self, data: Any) -> UUID:
        identifier = parse_id(data)
        if identifier is None or not seats.is_active(identifier):
            self.fail("does_not_exist")
        return identifier


class LookupField(serializers.Field):
    """A read-only value found for a whole page at once by a key column.

    Subclasses define ``load(keys)``, which takes the distinct non-null keys and returns ``{key: value}`` with one
    query; ``missing`` is what a record without a value shows.
    """

    missing: Any = None

    def __init__(self, key: str, **kwargs: Any) -> None:
        super().__init__(read_only=True, source="*", **kwargs)
        self.key = key

    def load(self, keys: Iterable[Any]) -> dict[Any, Any]:
        raise NotImplementedError

    def to_representation(self, instance: models.Model) -> Any:
        key = getattr(instance, self.key)
        return self.missing if key is None else self.load([key]).get(key, self.missing)


class SeatField(LookupField):
    """``{id, name}`` of the seat whose id is in ``key``."""

    def load(self, keys: Iterable[Any]) -> dict[Any, Any]:
        return seats.names(keys)
