"""How a calculation is asked for and answered."""

from typing import Any

from rest_framework import serializers

from nextgenerp.core.api.documents_fields import TotalsField
from nextgenerp.core.api.documents_serializers import LINE, DocumentLineSerializer, lines_field
from nextgenerp.core.api.fields import DecimalField
from nextgenerp.core.api.serializers import ApiSerializer
from nextgenerp.core.documents.buyers import customer_model
from nextgenerp.core.documents.models import AMOUNT, SupplyType, TaxRounding
from sales.api.serializers.quotations import QuotationSerializer
from sales.models import QuotationLine


class CalculationRequestSerializer(QuotationSerializer):
    """The body of any document. The last fields take the place of what customer, place and company would say."""

    due_date = serializers.DateField(required=False, allow_null=True, write_only=True)
    expected_delivery_date = serializers.DateField(required=False, allow_null=True, write_only=True)
    supply_type = serializers.ChoiceField(SupplyType.choices, required=False, write_only=True)
    customer_gst_category = serializers.ChoiceField(
        customer_model().GstCategory.choices, required=False, write_only=True
    )
    tax_rounding = serializers.ChoiceField(TaxRounding.choices, required=False, write_only=True)

    class Meta(QuotationSerializer.Meta):
        fields = (
            *QuotationSerializer.Meta.fields, "due_date", "expected_delivery_date", "customer_gst_category",
            "tax_rounding",
        )  # fmt: skip
        read_only_fields = tuple(
            name for name in QuotationSerializer.Meta.read_only_fields if name != "supply_type"
        )


class CalculatedLineSerializer(DocumentLineSerializer):
    class Meta(DocumentLineSerializer.Meta):
        model = QuotationLine
        fields = tuple(name for name in LINE if name not in {"id", "source_line_id"})
        read_only_fields = fields


class StepSerializer(ApiSerializer):
    """A rounding: the figure it made (``field``), the sum in words, and the figure in rupees."""

    name = serializers.CharField()
    field = serializers.CharField()
    text = serializers.CharField()
    value = DecimalField(**AMOUNT)


class CalculatedTotalsField(TotalsField):
    """The totals of the document that was computed."""

    def to_representation(self, instance: Any) -> Any:
        return super().to_representation(instance.document)


class CalculationSerializer(ApiSerializer):
    """What comes of it: nothing is stored, so there are no ids."""

    place_of_supply = serializers.CharField(source="document.place_of_supply")
    supply_type = serializers.CharField(source="document.supply_type")
    lines = lines_field(CalculatedLineSerializer)
    totals = CalculatedTotalsField()
    steps = StepSerializer(many=True)
