"""How customers are spoken."""

from rest_framework import serializers

from crm.api.serializers.tags import TagsField
from crm.models import Customer, LeadTag
from nextgenerp.core.api.fields import EmailField, PhoneField, RecordIdsField, SeatField, SeatIdField
from nextgenerp.core.api.gst_fields import AddressesField, AddressField, GstinField, PanField
from nextgenerp.core.api.serializers import ApiModelSerializer

MOST_CREDIT_DAYS = 3650


class CustomerSerializer(ApiModelSerializer):
    """A customer. A GSTIN brings PAN and billing state; an address that is given replaces the whole one."""

    email = EmailField(max_length=254, required=False, allow_blank=True)
    phone = PhoneField(max_length=64, required=False, allow_blank=True)
    alternate_phone = PhoneField(max_length=64, required=False, allow_blank=True)
    gstin = GstinField(max_length=30, required=False, allow_blank=True)
    pan = PanField(max_length=20, required=False, allow_blank=True)
    gst_category = serializers.ChoiceField(Customer.GstCategory.choices, required=False)
    billing_address = AddressField(required=False)
    shipping_addresses = AddressesField(required=False)
    tag_ids = RecordIdsField(source="tags", queryset=LeadTag.objects.all(), required=False)
    tags = TagsField(Customer)
    owner_id = SeatIdField(required=False, allow_null=True)
    owner = SeatField("owner_id")
    source_lead_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = Customer
        fields = (
            "id", "code", "type", "name", "contact_person", "email", "phone", "alternate_phone", "gstin", "pan",
            "gst_category", "billing_address", "shipping_addresses", "credit_limit", "credit_days", "outstanding",
            "tag_ids", "tags", "notes", "owner_id", "owner", "source_lead_id", "is_active", "version", "created_at",
            "updated_at",
        )  # fmt: skip
        read_only_fields = ("code", "outstanding", "version", "created_at", "updated_at")
        extra_kwargs = {
            "credit_limit": {"min_value": 0},
            "credit_days": {"min_value": 0, "max_value": MOST_CREDIT_DAYS},
        }
