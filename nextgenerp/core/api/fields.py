"""Serializer fields the API needs beyond DRF's: ids of records and seats, lookups made once for a whole page."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty

from nextgenerp.core import seats
from nextgenerp.core.imports.values import ValueProblem, parse_email, parse_phone
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import current_tenant
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
        if isinstance(data, str) and (not data.isascii() or "_" in data):
            self.fail("invalid")
        value = super().to_internal_value(data)
        return value if value else abs(value)  # no negative zero


class RecordIdField(serializers.PrimaryKeyRelatedField):
    """The id of another record in the caller's scope; hidden, unknown, malformed and foreign ids are one answer."""

    default_error_messages = {
        "does_not_exist": "There is no such record.",
        "required": "This field is required.",
    }

    def to_internal_value(self, data: Any) -> models.Model:
        identifier = parse_id(data)
        queryset = visible(self.get_queryset(), self.context["request"].actor)
        found = queryset.filter(pk=identifier).first() if identifier else None
        if found is None:
            self.fail("does_not_exist")
        return found


@extend_schema_field({"type": "array", "items": {"type": "string", "format": "uuid"}})
class RecordIdsField(serializers.Field):
    """The ids of several other records, read with one query; write-only."""

    default_error_messages = {
        "not_a_list": "Not a list of ids.",
        "max_length": "At most {most} are allowed.",
        "does_not_exist": RecordIdField.default_error_messages["does_not_exist"],
    }

    def __init__(self, queryset: models.QuerySet, most: int = 50, **kwargs: Any) -> None:
        super().__init__(write_only=True, **kwargs)
        self.queryset, self.most = queryset, most

    def to_internal_value(self, data: Any) -> list[models.Model]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        if len(data) > self.most:
            self.fail("max_length", most=self.most)
        identifiers = [parse_id(item) for item in data]
        known = [one for one in identifiers if one]
        queryset = visible(self.queryset.all(), self.context["request"].actor)
        found = queryset.in_bulk(known) if known else {}
        missing = ErrorDetail(self.error_messages["does_not_exist"], "does_not_exist")
        errors = {index: [missing] for index, one in enumerate(identifiers) if one not in found}
        if errors:
            raise serializers.ValidationError(errors)
        return list({one: found[one] for one in identifiers if one}.values())


class ParsedField(TextField):
    """A text that ``parse`` turns into its normal form, or refuses with a ValueProblem."""

    def parse(self, text: str) -> str:
        raise NotImplementedError

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return self.parse(text)
        except ValueProblem as problem:
            raise serializers.ValidationError(problem.detail, problem.code) from None


class EmailField(ParsedField):
    """An e-mail address."""

    def parse(self, text: str) -> str:
        return parse_email(text)


class PhoneField(ParsedField):
    """A phone number, as E.164; one without a country code belongs to the tenant's country."""

    def parse(self, text: str) -> str:
        return parse_phone(text, getattr(current_tenant(), "country", "IN"))


class SeatIdField(serializers.UUIDField):
    """The id of an active seat of the caller's tenant; the attribute holds the id, not the seat."""

    default_error_messages = {"does_not_exist": "There is no such active member."}

    def to_internal_value(self, data: Any) -> UUID:
        identifier = parse_id(data)
        if identifier is None or not seats.is_active(identifier):
            self.fail("does_not_exist")
        return identifier


class ColumnsField(serializers.Field):
    """A read-only value made of several columns of the record; ``make`` takes them in the order of ``columns``."""

    columns: tuple[str, ...] = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, source="*", **kwargs)

    def make(self, *values: Any) -> Any:
        raise NotImplementedError

    def to_representation(self, instance: models.Model) -> Any:
        return self.make(*[getattr(instance, column) for column in self.columns])


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


SEAT = {
    "type": ["object", "null"],
    "required": ["id", "name"],
    "properties": {"id": {"type": "string", "format": "uuid"}, "name": {"type": "string"}},
}


@extend_schema_field(SEAT)
class SeatField(LookupField):
    """``{id, name}`` of the seat whose id is in ``key``; the caller's own is known."""

    def load(self, keys: Iterable[Any]) -> dict[Any, Any]:
        return seats.names(keys)

    def to_representation(self, instance: models.Model) -> Any:
        actor = self.context["request"].actor
        if actor.seat_id is not None and getattr(instance, self.key) == actor.seat_id:
            return {"id": actor.seat_id, "name": actor.name}
        return super().to_representation(instance)


@extend_schema_field({
    "type": "string",
    "description": "The address of a private file. To replace it, send a file as multipart; null removes it.",
})  # fmt: skip
class FileField(LookupField):
    """A record's private file: an upload in, its address out. The address sent back changes nothing.

    ``key`` is the column with the stored file's id; the validated value, an upload or None, has the field's name.
    """

    default_error_messages = {"invalid_file": "Send a file as multipart, or null."}

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.read_only, self.required, self.allow_null = False, False, True

    def load(self, keys: Iterable[Any]) -> dict[Any, Any]:
        return {key: f"/files/{key}" for key in keys}

    def run_validation(self, data: Any = empty) -> Any:
        known = self.to_representation(self.parent.instance) if self.parent.instance else None
        if data is empty or data == known:
            raise serializers.SkipField
        if data is not None and not hasattr(data, "chunks"):
            self.fail("invalid_file")
        return {self.field_name: data}
