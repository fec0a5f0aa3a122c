"""How the statuses of the three families are spoken."""

from typing import Any

from nextgenerp.core.api.serializers import ApiModelSerializer
from sales.models import GREY, ProformaInvoiceStatus, QuotationStatus, SalesOrderStatus
from sales.services.status_families import MOST_ORDER

FIELDS = ("id", "name", "color", "order", "category", "is_default", "is_system", "version")
OPTIONS: dict[str, Any] = {
    "color": {"default": GREY, "allow_blank": False},
    "order": {"min_value": 0, "max_value": MOST_ORDER},
}


class QuotationStatusSerializer(ApiModelSerializer):
    class Meta:
        model = QuotationStatus
        fields = FIELDS
        read_only_fields = ("is_system", "version")
        extra_kwargs = OPTIONS


class ProformaInvoiceStatusSerializer(ApiModelSerializer):
    class Meta:
        model = ProformaInvoiceStatus
        fields = FIELDS
        read_only_fields = ("is_system", "version")
        extra_kwargs = OPTIONS


class SalesOrderStatusSerializer(ApiModelSerializer):
    class Meta:
        model = SalesOrderStatus
        fields = FIELDS
        read_only_fields = ("is_system", "version")
        extra_kwargs = OPTIONS
