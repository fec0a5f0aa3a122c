"""How the kanban board is spoken, and a card's move on it."""

from typing import Any

from rest_framework import serializers

from crm.api.serializers.lead_words import LeadStatusSerializer
from crm.api.serializers.leads import LeadSerializer
from crm.models import Lead, LeadStatus
from nextgenerp.core.api.fields import DecimalField, RecordIdField, TextField
from nextgenerp.core.api.serializers import ApiSerializer


class LeadMoveSerializer(ApiSerializer):
    """Where a card goes: into a column, below (``afterId``) or above (``beforeId``) another one.

    ``fromStatusId``: only if it is there still. A lost lead needs ``lostReason``.
    """

    status_id = RecordIdField(source="status", queryset=LeadStatus.objects.all())
    from_status_id = serializers.UUIDField(source="from_status", required=False, allow_null=True)
    after_id = RecordIdField(source="after", queryset=Lead.objects.all(), required=False, allow_null=True)
    before_id = RecordIdField(source="before", queryset=Lead.objects.all(), required=False, allow_null=True)
    lost_reason = TextField(max_length=500, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("after") and attrs.get("before"):
            raise serializers.ValidationError({"beforeId": "Give afterId or beforeId, not both."}, "invalid")
        return attrs


class BoardColumnSerializer(ApiSerializer):
    """A column: its leads in number and value, exactly, and its first cards; no figures beside cards by a cursor."""

    status = LeadStatusSerializer()
    count = serializers.IntegerField(allow_null=True)
    total_value = DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    leads = LeadSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class BoardSerializer(ApiSerializer):
    columns = BoardColumnSerializer(many=True)
