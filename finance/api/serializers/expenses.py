"""How expenses are spoken."""

from decimal import Decimal

from finance.models import Expense
from nextgenerp.core.api.fields import FileField, SeatField
from nextgenerp.core.api.gst_fields import GstinField
from nextgenerp.core.api.serializers import ApiModelSerializer


class ExpenseSerializer(ApiModelSerializer):
    vendor_gstin = GstinField(max_length=30, required=False, allow_blank=True)
    receipt = FileField("receipt_id")
    created_by = SeatField("created_by_id")

    class Meta:
        model = Expense
        fields = (
            "id", "number", "date", "category", "amount", "gst_rate", "gst_amount", "vendor_name", "vendor_gstin",
            "payment_method", "reference", "receipt", "status", "notes", "created_by_id", "created_by", "version",
            "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("number", "created_by_id", "version", "created_at", "updated_at")
        extra_kwargs = {
            "date": {"required": False},
            "amount": {"min_value": Decimal("0.01")},
            "gst_rate": {"min_value": 0, "max_value": 100},
            "gst_amount": {
                "min_value": 0, "required": False, "allow_null": True,
                "help_text": "The GST that is in the amount; from the rate unless given.",
            },
        }  # fmt: skip
