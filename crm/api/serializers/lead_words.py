"""How statuses, sources and tags of leads are spoken."""

from rest_framework import serializers

from crm.models import GREY, LeadSource, LeadStatus, LeadTag
from nextgenerp.core.api.serializers import ApiModelSerializer


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
