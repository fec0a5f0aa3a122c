"""How documents and their lines are spoken; each kind inherits from these and adds its model and its own fields.

``fields`` of a concrete ``Meta`` begin with ``HEADER`` (a row of the list) and with ``LINE``.
"""

from decimal import Decimal
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from nextgenerp.core.api.documents_fields import ChargesField, IdField, TotalsField
from nextgenerp.core.api.fields import DecimalField, RecordIdField, SeatField, SeatIdField
from nextgenerp.core.api.gst_fields import AddressField
from nextgenerp.core.api.serializers import ApiModelSerializer
from nextgenerp.core.documents.buyers import customer_model
from nextgenerp.core.documents.models import QUANTITY, BankAccount
from nextgenerp.core.documents.products import product_model
from nextgenerp.core.scope import visible

MOST_LINES = 200
HSN_SAC = r"^([0-9]{4}|[0-9]{6}|[0-9]{8})$"
HSN_SAC_NEEDED = "An HSN or SAC code has 4, 6 or 8 digits."
COMPUTED = (
    "gross", "discount_amount", "document_discount", "taxable_value", "cgst", "sgst", "igst", "cess", "total",
)  # fmt: skip
LINE = (
    "id", "product_id", "name", "description", "hsn_sac", "quantity", "unit", "unit_price", "discount_type",
    "discount_value", "gst_rate", "cess_rate", "tax_treatment", "source_line_id", *COMPUTED,
)  # fmt: skip
READ_ONLY = (
    "number", "supply_type", "created_by_id", "version", "created_at", "updated_at",
)  # fmt: skip
HEADER = (
    "id", "number", "date", "customer_id", "customer", "billing_address", "shipping_address", "place_of_supply",
    "supply_type", "reverse_charge", "export_type", "tax_mode", "currency", "discount_type", "discount_value",
    "charges", "round_off", "notes", "terms", "bank_account_id", "reference_no", "owner_id", "owner", "totals",
    "created_by_id", "version", "created_at", "updated_at",
)  # fmt: skip


class DocumentCustomerSerializer(ApiModelSerializer):
    """Whom a document is made out to, as its lists show it."""

    class Meta:
        model = customer_model()
        fields = ("id", "code", "name")
        read_only_fields = fields


class DocumentLinesSerializer(serializers.ListSerializer):
    """A document's lines; the products they name are read with one query, within the caller's scope."""

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        lines = super().to_internal_value(data)
        wanted = {line["product_id"] for line in lines if line.get("product_id")}
        products = visible(product_model().objects.all(), self.context["request"].actor)
        found = products.in_bulk(wanted) if wanted else {}
        missing = {
            "productId": [
                ErrorDetail(RecordIdField.default_error_messages["does_not_exist"], "does_not_exist")
            ]
        }
        errors = [
            missing if line.get("product_id") and line["product_id"] not in found else {} for line in lines
        ]
        if any(errors):
            raise serializers.ValidationError(errors)
        for line in lines:
            if "product_id" in line:
                line["product"] = found.get(line.pop("product_id"))
        return lines


class DocumentLineSerializer(ApiModelSerializer):
    """A line: entered, and as the server computed it. A product gives what is not said of it."""

    id = IdField(required=False)
    product_id = IdField(required=False, allow_null=True)
    quantity = DecimalField(**QUANTITY, min_value=Decimal("0.001"))

    class Meta:
        list_serializer_class = DocumentLinesSerializer
        fields = LINE
        read_only_fields = ("source_line_id", *COMPUTED)
        extra_kwargs = {
            "name": {"required": False},
            "hsn_sac": {"validators": [RegexValidator(HSN_SAC, HSN_SAC_NEEDED)]},
            "unit_price": {"required": False, "min_value": 0},
            "discount_value": {"min_value": 0},
            "gst_rate": {"min_value": 0, "max_value": 100},
            "cess_rate": {"min_value": 0},
        }


class DocumentRowSerializer(ApiModelSerializer):
    """The header of a document with its totals: a row of the list, for the quick road."""

    customer_id = RecordIdField(source="customer", queryset=customer_model().objects.all())
    customer = DocumentCustomerSerializer(read_only=True)
    billing_address = AddressField(required=False)
    shipping_address = AddressField(required=False)
    currency = serializers.ChoiceField(["INR"], required=False)
    charges = ChargesField(required=False)
    round_off = serializers.BooleanField(source="rounds_off", required=False)
    bank_account_id = RecordIdField(
        source="bank_account", queryset=BankAccount.objects.all(), required=False, allow_null=True
    )
    owner_id = SeatIdField(required=False, allow_null=True)
    owner = SeatField("owner_id")
    totals = TotalsField()

    class Meta:
        fields = HEADER
        read_only_fields = READ_ONLY
        extra_kwargs = {"date": {"required": False}, "discount_value": {"min_value": 0}}


def lines_field(line_serializer: type[DocumentLineSerializer], **options: Any) -> Any:
    """The ``lines`` of a document: 1 to 200 of them."""
    return line_serializer(many=True, allow_empty=False, max_length=MOST_LINES, **options)
