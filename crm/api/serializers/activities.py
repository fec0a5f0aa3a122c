"""How activities of leads are spoken, and the timeline they are part of."""

from datetime import UTC, datetime

from rest_framework import serializers

from crm.models import LeadActivity
from nextgenerp.core.api.fields import SeatField, SeatIdField
from nextgenerp.core.api.serializers import ApiModelSerializer
from nextgenerp.core.api.timeline import TimelineEntrySerializer

# Far enough from the ends of time that no reminder and no time zone reaches them.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
DAY, YEAR = 24 * 60, 366 * 24 * 60  # in minutes


class LeadActivitySerializer(ApiModelSerializer):
    lead_id = serializers.UUIDField(read_only=True)
    assigned_to_id = SeatIdField(required=False, allow_null=True)
    assigned_to = SeatField("assigned_to_id")

    class Meta:
        model = LeadActivity
        fields = (
            "id", "lead_id", "type", "subject", "description", "scheduled_at", "duration_minutes",
            "assigned_to_id", "assigned_to", "reminder_minutes", "status", "completed_at", "outcome",
            "created_by_id", "version", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("completed_at", "created_by_id", "version", "created_at", "updated_at")
        extra_kwargs = {
            "duration_minutes": {"min_value": 1, "max_value": 7 * DAY},
            "reminder_minutes": {"min_value": 0, "max_value": YEAR},
        }

    def validate_scheduled_at(self, value: datetime | None) -> datetime | None:
        if value is not None and not EARLIEST <= value < LATEST:
            raise serializers.ValidationError("Between 1970 and 2200.", "out_of_range")
        return value


class NewLeadActivitySerializer(LeadActivitySerializer):
    """What is planned; a note without ``scheduledAt`` is done as it is written."""

    class Meta(LeadActivitySerializer.Meta):
        read_only_fields = (*LeadActivitySerializer.Meta.read_only_fields, "status", "outcome")


class LeadActivityChangeSerializer(LeadActivitySerializer):
    """``status`` completed (with its ``outcome``) or cancelled, another ``scheduledAt``, or other words."""

    class Meta(LeadActivitySerializer.Meta):
        read_only_fields = (*LeadActivitySerializer.Meta.read_only_fields, "type")


class LeadTimelineEntrySerializer(TimelineEntrySerializer):
    """What happened to a lead or, as ``activity``, what is planned for it or was done about it."""

    activity = LeadActivitySerializer(required=False)
