"""The shape of the dashboard, for the OpenAPI document; the figures are answered as they come from the selectors."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.models import Deal, LeadStatus
from finance.shapes import SUMMARY
from nextgenerp.core.api.fields import DecimalField
from nextgenerp.core.api.serializers import ApiSerializer
from nextgenerp.core.api.timeline import TimelineActorSerializer


def amount() -> DecimalField:
    return DecimalField(max_digits=20, decimal_places=2)


class LeadsOfStatusSerializer(ApiSerializer):
    status_id = serializers.UUIDField()
    name = serializers.CharField()
    type = serializers.ChoiceField(LeadStatus.Type.choices)
    color = serializers.CharField()
    count = serializers.IntegerField()
    value = amount()


class LeadsBlockSerializer(ApiSerializer):
    """Leads made in the period, by the status they have now; ``overdueFollowUps`` are those of all open leads."""

    count = serializers.IntegerField()
    value = amount()
    by_status = LeadsOfStatusSerializer(many=True)
    overdue_follow_ups = serializers.IntegerField()


class DealsOfStageSerializer(ApiSerializer):
    stage = serializers.ChoiceField(Deal.Stage.choices)
    count = serializers.IntegerField()
    value = amount()
    weighted_value = amount()


class DealsBlockSerializer(ApiSerializer):
    """Deals made in the period, by the stage they are in now."""

    count = serializers.IntegerField()
    value = amount()
    weighted_value = amount()
    by_stage = DealsOfStageSerializer(many=True)


class InventoryBlockSerializer(ApiSerializer):
    """The stock as it is now: active products, their value, and how many run low or out."""

    count = serializers.IntegerField()
    value = amount()
    low_stock = serializers.IntegerField()
    out_of_stock = serializers.IntegerField()


class DocumentsOfStatusSerializer(ApiSerializer):
    status_id = serializers.UUIDField()
    name = serializers.CharField()
    category = serializers.CharField()
    color = serializers.CharField()
    count = serializers.IntegerField()
    value = amount()


class DocumentsBlockSerializer(ApiSerializer):
    """Documents dated in the period, by the status they have now; their value is what is payable."""

    count = serializers.IntegerField()
    value = amount()
    by_status = DocumentsOfStatusSerializer(many=True)


class ProformaInvoicesBlockSerializer(DocumentsBlockSerializer):
    settled = amount()


@extend_schema_field(SUMMARY)
class FinanceBlockField(serializers.JSONField):
    """The summary of the period; its trend counts the issued invoices of each day."""


class RecentActivitySerializer(ApiSerializer):
    """The latest change of a record; its ``name`` is null once it is deleted, ``actor`` where no member acted."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    record_id = serializers.UUIDField()
    name = serializers.CharField(allow_null=True)
    action = serializers.CharField()
    actor = TimelineActorSerializer(allow_null=True)


class TrendDaySerializer(ApiSerializer):
    """How many records of each block in view a day brought."""

    date = serializers.DateField()
    leads = serializers.IntegerField(required=False)
    deals = serializers.IntegerField(required=False)
    quotations = serializers.IntegerField(required=False)
    proforma_invoices = serializers.IntegerField(required=False)
    sales_orders = serializers.IntegerField(required=False)
    finance = serializers.IntegerField(required=False)


class DashboardSerializer(ApiSerializer):
    """The blocks the caller may view; the others are named in ``hidden``."""

    from_ = serializers.DateField()
    to = serializers.DateField()
    leads = LeadsBlockSerializer(required=False)
    deals = DealsBlockSerializer(required=False)
    quotations = DocumentsBlockSerializer(required=False)
    proforma_invoices = ProformaInvoicesBlockSerializer(required=False)
    sales_orders = DocumentsBlockSerializer(required=False)
    finance = FinanceBlockField(required=False)
    inventory = InventoryBlockSerializer(required=False)
    recent_activities = RecentActivitySerializer(many=True)
    trend = TrendDaySerializer(many=True)
    hidden = serializers.ListField(child=serializers.CharField())
