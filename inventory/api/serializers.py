"""How products and movements of stock are spoken."""

from inventory.models import Product
from nextgenerp.core.api.serializers import ApiModelSerializer

NOT_NEGATIVE = {"min_value": 0}
FIGURES = ("on_hand", "reserved", "available", "average_cost", "stock_value")


class ProductSerializer(ApiModelSerializer):
    class Meta:
        model = Product
        fields = (
            "id", "sku", "name", "type", "category", "unit", "hsn_sac", "gst_rate", "sale_price", "purchase_price",
            "tax_mode", "track_stock", "reorder_level", *FIGURES, "is_active", "version", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = (*FIGURES, "version", "created_at", "updated_at")
        extra_kwargs = {
            "gst_rate": {"min_value": 0, "max_value": 100},
            "sale_price": NOT_NEGATIVE,
            "purchase_price": NOT_NEGATIVE,
            "reorder_level": NOT_NEGATIVE,
        }
