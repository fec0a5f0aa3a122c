"""How statuses, sources, tags and companies of leads are spoken, and whom leads are given to."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from crm.models import GREY, TAG_NAME, TAG_NAME_NEEDED, LeadCompany, LeadSource, LeadStatus, LeadTag
from nextgenerp.core.api.fields import RecordIdField, TextField
from nextgenerp.core.api.serializers import ApiModelSerializer, ApiSerializer


class LeadStatusSerializer(ApiModelSerializer):
    class Meta:
        model = LeadStatus
        fields = ("id", "name", "type", "color", "order")
        read_only_fields = fields


class CountedStatusSerializer(LeadStatusSerializer):
    lead_count = serializers.IntegerField(read_only=True)

    class Meta(LeadStatusSerializer.Meta):
        fields = (*LeadStatusSerializer.Meta.fields, "is_default", "lead_count")
        read_only_fields = fields


class LeadSourceSerializer(ApiModelSerializer):
    class Meta:
        model = LeadSource
        fields = ("id", "name", "order")
        read_only_fields = fields


class LeadTagSerializer(ApiModelSerializer):
    class Meta:
        model = LeadTag
        fields = ("id", "name", "color")
        extra_kwargs = {"color": {"default": GREY}}


class TaggingSerializer(ApiSerializer):
    """A tag by its id, or by its name, which makes it where there is none."""

    tag_id = RecordIdField(source="tag", queryset=LeadTag.objects.all(), required=False)
    name = TextField(max_length=50, required=False, validators=[RegexValidator(TAG_NAME, TAG_NAME_NEEDED)])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"tagId": "Give tagId or name, one of them."}, "required")
        return attrs


class LeadCompanySerializer(ApiModelSerializer):
    class Meta:
        model = LeadCompany
        fields = ("id", "name")


class CountedCompanySerializer(LeadCompanySerializer):
    lead_count = serializers.IntegerField(read_only=True)

    class Meta(LeadCompanySerializer.Meta):
        fields = (*LeadCompanySerializer.Meta.fields, "lead_count")


class AssigneeSerializer(ApiSerializer):
    """A member who may be given leads."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField()
    role = serializers.CharField()
