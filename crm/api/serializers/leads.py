"""How leads are spoken."""

from typing import Any

from rest_framework import serializers

from crm.api.serializers.lead_words import LeadStatusSerializer
from crm.api.serializers.tags import TagsField
from crm.models import Lead, LeadSource, LeadStatus, LeadTag
from nextgenerp.core.api.fields import (
    EmailField,
    PhoneField,
    RecordIdField,
    RecordIdsField,
    SeatField,
    SeatIdField,
    TextField,
)
from nextgenerp.core.api.serializers import ApiModelSerializer, ApiSerializer


class LeadSerializer(ApiModelSerializer):
    company = TextField(
        source="company.name", max_length=200, required=False, allow_blank=True, allow_null=True
    )
    email = EmailField(max_length=254, required=False, allow_blank=True)
    phone = PhoneField(max_length=64, required=False, allow_blank=True)
    alternate_phone = PhoneField(max_length=64, required=False, allow_blank=True)
    source_id = RecordIdField(
        source="source", queryset=LeadSource.objects.all(), required=False, allow_null=True
    )
    status_id = RecordIdField(source="status", queryset=LeadStatus.objects.all(), required=False)
    status = LeadStatusSerializer(read_only=True)
    tag_ids = RecordIdsField(source="tags", queryset=LeadTag.objects.all(), required=False)
    tags = TagsField(Lead)
    assigned_to_id = SeatIdField(required=False, allow_null=True)
    assigned_to = SeatField("assigned_to_id")
    customer_id = serializers.UUIDField(read_only=True, allow_null=True)
    deal_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = Lead
        fields = (
            "id", "lead_number", "first_name", "last_name", "company", "designation", "email", "phone",
            "alternate_phone", "website", "source_id", "status_id", "status", "priority", "rating",
            "estimated_value", "expected_close_date", "requirement", "address", "city", "state", "pincode",
            "country", "tag_ids", "tags", "assigned_to_id", "assigned_to", "created_by_id",
            "next_follow_up_at", "last_activity_at", "converted_at", "customer_id", "deal_id", "lost_reason",
            "position", "version", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = (
            "lead_number", "created_by_id", "last_activity_at", "converted_at", "position",
            "version", "created_at", "updated_at",
        )  # fmt: skip
        extra_kwargs = {"rating": {"allow_blank": False}, "estimated_value": {"min_value": 0}}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The values as services take them: the company a text, the source an id."""
        if "company" in attrs:
            attrs["company"] = attrs["company"]["name"] or ""
        if "source" in attrs:
            attrs["source_id"] = attrs["source"].id if attrs["source"] else None
            del attrs["source"]
        return attrs


class NewLeadSerializer(LeadSerializer):
    """A new lead; ``onDuplicate: reject`` refuses one whose e-mail or phone another lead has."""

    on_duplicate = serializers.ChoiceField(["create", "reject"], default="create", write_only=True)

    class Meta(LeadSerializer.Meta):
        fields = (*LeadSerializer.Meta.fields, "on_duplicate")


class DuplicateLeadSerializer(ApiSerializer):
    id = serializers.UUIDField()
    lead_number = serializers.CharField()
    name = serializers.CharField()
    matched_on = serializers.ListField(child=serializers.ChoiceField(["email", "phone"]))


class CreatedLeadSerializer(LeadSerializer):
    """A lead as it is answered once, when it was made: with its likely duplicates."""

    duplicates = DuplicateLeadSerializer(many=True, read_only=True)
    duplicates_out_of_scope = serializers.IntegerField(read_only=True)

    class Meta(LeadSerializer.Meta):
        fields = (*LeadSerializer.Meta.fields, "duplicates", "duplicates_out_of_scope")
