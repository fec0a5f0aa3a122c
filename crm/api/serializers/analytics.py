"""How the figures of leads over a period are spoken."""

from rest_framework import serializers

from nextgenerp.core.api.fields import DecimalField
from nextgenerp.core.api.serializers import ApiSerializer


class FiguresSerializer(ApiSerializer):
    """What happened in the period; ``pipelineValue`` and ``overdueFollowUps`` are of the leads open now."""

    created = serializers.IntegerField()
    contacted = serializers.IntegerField()
    converted = serializers.IntegerField()
    lost = serializers.IntegerField()
    conversion_rate = DecimalField(max_digits=12, decimal_places=2)
    pipeline_value = DecimalField(max_digits=20, decimal_places=2)
    overdue_follow_ups = serializers.IntegerField()


class LeadKpisSerializer(ApiSerializer):
    """``total`` are all leads there are; ``new`` those made in the period."""

    total = serializers.IntegerField()
    new = serializers.IntegerField()
    contacted = serializers.IntegerField()
    converted = serializers.IntegerField()
    lost = serializers.IntegerField()
    conversion_rate = DecimalField(max_digits=12, decimal_places=2)
    average_days_to_convert = DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    pipeline_value = DecimalField(max_digits=20, decimal_places=2)
    overdue_follow_ups = serializers.IntegerField()


class FunnelStepSerializer(ApiSerializer):
    status_id = serializers.UUIDField()
    name = serializers.CharField()
    count = serializers.IntegerField()
    percent = DecimalField(max_digits=5, decimal_places=2)


class TrendSerializer(ApiSerializer):
    """``period`` is its first day: that of a week is a Monday."""

    period = serializers.DateField()
    created = serializers.IntegerField()
    converted = serializers.IntegerField()
    lost = serializers.IntegerField()


class SourceFiguresSerializer(FiguresSerializer):
    source_id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_null=True)


class AssigneeFiguresSerializer(FiguresSerializer):
    assigned_to_id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_null=True)


class LeadAnalyticsSerializer(ApiSerializer):
    kpis = LeadKpisSerializer()
    funnel = FunnelStepSerializer(many=True)
    trend = TrendSerializer(many=True)
    by_source = SourceFiguresSerializer(many=True)
    by_assignee = AssigneeFiguresSerializer(many=True)
