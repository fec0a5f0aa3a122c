"""Fields of documents: ids of lines and products, charges, and the totals the server computes."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from nextgenerp.core.api.fields import ColumnsField, DecimalField, RecordIdField, TextField
from nextgenerp.core.api.serializers import ApiSerializer
from nextgenerp.core.documents.models import AMOUNT
from nextgenerp.core.documents.words import amount_in_words
from nextgenerp.core.names import camel_case
from nextgenerp.database.ids import parse_id

MOST_CHARGES = 20
DECIMAL = {"type": "string", "format": "decimal"}
TAXES = ("cgst", "sgst", "igst", "cess")
SUMS = (
    "sub_total", "line_discount", "document_discount", "taxable_value", "exempt_value", *TAXES, "other_charges",
    "grand_total", "round_off", "payable",
)  # fmt: skip


def object_schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


TAX_ROW = object_schema(
    gstRate=DECIMAL, taxableValue=DECIMAL, **dict.fromkeys(TAXES, DECIMAL), taxTotal=DECIMAL
)
QUANTITY = object_schema(unit={"type": "string"}, quantity=DECIMAL)
HSN_ROW = object_schema(
    hsnSac={"type": "string"}, quantities={"type": "array", "items": QUANTITY}, **TAX_ROW["properties"]
)
TOTALS = object_schema(
    **{camel_case(name): DECIMAL for name in SUMS},
    charges=DECIMAL,
    taxTotal=DECIMAL,
    amountInWords={"type": "string"},
    hsnSummary={"type": "array", "items": HSN_ROW},
    taxSummary={"type": "array", "items": TAX_ROW},
)


class IdField(serializers.UUIDField):
    """An id that is looked up later; a malformed one is of no record."""

    default_error_messages = {"does_not_exist": RecordIdField.default_error_messages["does_not_exist"]}

    def to_internal_value(self, data: Any) -> UUID:
        identifier = parse_id(data)
        if identifier is None:
            self.fail("does_not_exist")
        return identifier


class ChargeSerializer(ApiSerializer):
    """Freight, packing and the like; a taxable one becomes part of the lines' values."""

    label = TextField(max_length=100)
    amount = DecimalField(**AMOUNT, min_value=0)
    taxable = serializers.BooleanField(default=False)


@extend_schema_field(ChargeSerializer(many=True))
class ChargesField(serializers.JSONField):
    """The charges of a document, kept whole: each is read as if it were new, in a PATCH too."""

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        serializer = ChargeSerializer(data=data, many=True, max_length=MOST_CHARGES)
        serializer.is_valid(raise_exception=True)
        return [dict(charge) for charge in serializer.validated_data]


@extend_schema_field(TOTALS)
class TotalsField(ColumnsField):
    """The totals of a document, of its columns alone."""

    columns = (*SUMS, "taxable_charges", "hsn_summary", "tax_summary")
    spoken = tuple(camel_case(name) for name in SUMS)

    def make(self, *values: Any) -> dict[str, Any]:
        totals = dict(zip(self.spoken, values, strict=False))
        charges, hsn_summary, tax_summary = values[len(SUMS) :]
        return totals | {
            "charges": charges,
            "taxTotal": totals["cgst"] + totals["sgst"] + totals["igst"] + totals["cess"],
            "amountInWords": amount_in_words(totals["payable"]),
            "hsnSummary": hsn_summary,
            "taxSummary": tax_summary,
        }
