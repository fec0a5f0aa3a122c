"""How deals are spoken."""

from typing import Any

from rest_framework import serializers

from crm.api.serializers.tags import TagsField
from crm.models import Customer, Deal, Lead, LeadTag
from nextgenerp.core.api.fields import RecordIdField, RecordIdsField, SeatField, SeatIdField
from nextgenerp.core.api.serializers import ApiModelSerializer


class DealSerializer(ApiModelSerializer):
    """A deal, with a customer or a lead. ``probability`` comes with the stage unless given."""

    customer_id = RecordIdField(
        source="customer", queryset=Customer.objects.all(), required=False, allow_null=True
    )
    lead_id = RecordIdField(source="lead", queryset=Lead.objects.all(), required=False, allow_null=True)
    currency = serializers.ChoiceField(["INR"], required=False)
    tag_ids = RecordIdsField(source="tags", queryset=LeadTag.objects.all(), required=False)
    tags = TagsField(Deal)
    owner_id = SeatIdField(required=False, allow_null=True)
    owner = SeatField("owner_id")

    class Meta:
        model = Deal
        fields = (
            "id", "title", "customer_id", "lead_id", "value", "currency", "stage", "probability", "weighted_value",
            "expected_close_date", "actual_close_date", "owner_id", "owner", "lost_reason", "tag_ids", "tags", "notes",
            "version", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("weighted_value", "version", "created_at", "updated_at")
        extra_kwargs = {
            "value": {"min_value": 0},
            "probability": {"min_value": 0, "max_value": 100, "required": False},
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The values as services take them: customer and lead are ids."""
        for name in ("customer", "lead"):
            if name in attrs:
                found = attrs.pop(name)
                attrs[f"{name}_id"] = found.pk if found else None
        return attrs
