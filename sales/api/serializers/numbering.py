"""How numbering series and their registers are spoken."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from nextgenerp.core.api.fields import LookupField
from nextgenerp.core.api.serializers import ApiModelSerializer
from nextgenerp.core.documents.models import IssuedNumber, NumberingSeries
from nextgenerp.core.documents.numbering import describe_next

SERIES = (
    "id", "document_type", "prefix", "format", "padding", "reset_policy", "next_number", "preview", "version",
    "created_at", "updated_at",
)  # fmt: skip
MOST_NUMBERS = 10**12


class NextField(LookupField):
    """What ``describe_next`` says of a series."""

    said: str

    def load(self, keys: Iterable[UUID]) -> dict[UUID, Any]:
        series = NumberingSeries.objects.filter(pk__in=list(keys))
        return {one.pk: getattr(one, self.said) for one in describe_next(series)}


@extend_schema_field({"type": "integer"})
class NextNumberField(NextField):
    said = "next_number"


@extend_schema_field({"type": "string"})
class PreviewField(NextField):
    said = "preview"


class NumberingSeriesSerializer(ApiModelSerializer):
    """A series; ``nextNumber`` and ``preview`` are those of a document of today."""

    next_number = NextNumberField("id")
    preview = PreviewField("id")

    class Meta:
        model = NumberingSeries
        fields = SERIES
        read_only_fields = fields


class NumberingSeriesChangeSerializer(ApiModelSerializer):
    """What may be changed of a series; ``nextNumber`` only rises."""

    next_number = serializers.IntegerField(required=False, min_value=1, max_value=MOST_NUMBERS)
    preview = serializers.CharField(read_only=True)

    class Meta:
        model = NumberingSeries
        fields = SERIES
        read_only_fields = ("document_type", "version", "created_at", "updated_at")
        extra_kwargs = {"padding": {"min_value": 1, "max_value": 10}}


class IssuedNumberSerializer(ApiModelSerializer):
    """A line of a register: a number and the document that has it, or had it when it is void."""

    class Meta:
        model = IssuedNumber
        fields = ("id", "number", "period", "sequence", "status", "document_id", "issued_at", "voided_at")
        read_only_fields = fields
