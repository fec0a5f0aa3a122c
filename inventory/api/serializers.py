"""How products and movements of stock are spoken."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from inventory.models import Product, StockMovement
from inventory.services.ledger import NOTHING, Reference
from nextgenerp.core.api.fields import ColumnsField, DecimalField, RecordIdField, SeatField, TextField
from nextgenerp.core.api.serializers import ApiModelSerializer, ApiSerializer
from nextgenerp.core.documents.models import PRICE, QUANTITY
from nextgenerp.database.ids import parse_id

NOT_NEGATIVE = {"min_value": 0}
FIGURES = ("on_hand", "reserved", "available", "average_cost", "stock_value")
LEAST = Decimal("0.001")
OUT_REASONS = ("sale", "damage", "sample", "return", "other")
REFERENCE_LENGTH = 60


class ProductSerializer(ApiModelSerializer):
    """A product; ``averageCost`` is what a unit in stock has cost, ``stockValue`` what all of them have."""

    class Meta:
        model = Product
        fields = (
            "id", "sku", "name", "type", "category", "unit", "hsn_sac", "gst_rate", "sale_price", "purchase_price",
            "tax_mode", "track_stock", "reorder_level", *FIGURES, "is_active", "version", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = (*FIGURES, "version", "created_at", "updated_at")
        extra_kwargs = {
            "gst_rate": {"min_value": 0, "max_value": 100},
            "sale_price": NOT_NEGATIVE,
            "purchase_price": NOT_NEGATIVE,
            "reorder_level": NOT_NEGATIVE,
        }


class NewProductSerializer(ProductSerializer):
    """A new product; what there is of it already is opened with a movement, at the purchase price unless given."""

    opening_stock = DecimalField(**QUANTITY, min_value=0, default=0, write_only=True)
    opening_cost = DecimalField(**PRICE, min_value=0, allow_null=True, default=None, write_only=True)

    class Meta(ProductSerializer.Meta):
        fields = (*ProductSerializer.Meta.fields, "opening_stock", "opening_cost")


class ProductIdField(serializers.UUIDField):
    """The id of a product; the service finds it, in the statement that moves its stock."""

    default_error_messages = RecordIdField.default_error_messages

    def to_internal_value(self, data: Any) -> UUID:
        identifier = parse_id(data)
        if identifier is None:
            self.fail("does_not_exist")
        return identifier


@extend_schema_field(TextField(max_length=REFERENCE_LENGTH))
class ReferenceField(TextField):
    """What somebody refers to, as a text; an object is taken by its ``number``, as it is answered."""

    def run_validation(self, data: Any = serializers.empty) -> Reference:
        number = super().run_validation(data.get("number") if isinstance(data, dict) else data)
        return Reference("manual", number=number) if number else NOTHING


class MoveSerializer(ApiSerializer):
    """What all movements by hand have in common; ``date`` is information, today unless given."""

    product_id = ProductIdField()
    reference = ReferenceField(max_length=REFERENCE_LENGTH, required=False, allow_blank=True)
    date = serializers.DateField(required=False)


class StockInSerializer(MoveSerializer):
    """Without a ``unitCost`` stock comes in at its average cost; before there is one, at the purchase price."""

    quantity = DecimalField(**QUANTITY, min_value=LEAST)
    unit_cost = DecimalField(**PRICE, min_value=0, allow_null=True, required=False)
    reason = TextField(max_length=200, required=False, allow_blank=True)


class StockOutSerializer(MoveSerializer):
    quantity = DecimalField(**QUANTITY, min_value=LEAST)
    reason = serializers.ChoiceField(OUT_REASONS)


class StockAdjustSerializer(MoveSerializer):
    """``newQuantity`` as it was counted, or the ``delta`` to what there is; ``unitCost`` for what was found."""

    default_error_messages = {"one_of": "Give newQuantity or delta.", "zero": "A difference is not zero."}

    new_quantity = DecimalField(**QUANTITY, min_value=0, required=False)
    delta = DecimalField(**QUANTITY, required=False)
    unit_cost = DecimalField(**PRICE, min_value=0, allow_null=True, required=False)
    reason = TextField(max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("new_quantity" in attrs) == ("delta" in attrs):
            raise serializers.ValidationError({"newQuantity": [self.error_messages["one_of"]]}, "required")
        if attrs.get("delta") == 0:
            raise serializers.ValidationError({"delta": [self.error_messages["zero"]]}, "min_value")
        return attrs


class ReferenceSerializer(ApiSerializer):
    """What a movement is about: a document by its type, id and number; ``type`` is manual for what somebody wrote."""

    type = serializers.CharField()
    id = serializers.UUIDField(allow_null=True)
    number = serializers.CharField()


@extend_schema_field(ReferenceSerializer(allow_null=True))
class MovedForField(ColumnsField):
    """The reference of a movement; null where there is none."""

    columns = ("reference_type", "reference_id", "reference_number")

    def make(self, kind: str, identifier: UUID | None, number: str) -> dict[str, Any] | None:
        return {"type": kind, "id": identifier, "number": number} if kind else None


class MovementSerializer(ApiModelSerializer):
    """A movement of stock; ``quantity`` and ``value`` have the sign of its direction."""

    product_id = serializers.UUIDField(read_only=True)
    reference = MovedForField()
    created_by = SeatField("created_by_id")

    class Meta:
        model = StockMovement
        fields = (
            "id", "product_id", "seq", "type", "quantity", "unit_cost", "value", "balance_after", "value_after",
            "average_cost_after", "reason", "reference", "date", "created_by_id", "created_by", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class SummarySerializer(ApiSerializer):
    """Figures of a tenant's stock. ``lowStock`` counts what is at its reorder level or under it, ``outOfStock`` what
    there is none of: each active tracked product once."""

    products = serializers.IntegerField()
    active = serializers.IntegerField()
    total_units = DecimalField(max_digits=20, decimal_places=3)
    stock_value = DecimalField(max_digits=20, decimal_places=2)
    low_stock = serializers.IntegerField()
    out_of_stock = serializers.IntegerField()
    movements_today = serializers.IntegerField()
