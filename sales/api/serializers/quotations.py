"""How quotations, their lines and their revisions are spoken."""

from rest_framework import serializers

from crm.models import Lead
from nextgenerp.core.api.documents_serializers import (
    DocumentLineSerializer,
    DocumentRowSerializer,
    lines_field,
)
from nextgenerp.core.api.fields import RecordIdField
from nextgenerp.core.api.serializers import ApiModelSerializer, ApiSerializer
from nextgenerp.core.documents.buyers import customer_model
from sales.api.serializers.documents import (
    SALES_HEADER,
    SALES_LINE,
    SALES_READ_ONLY,
    StatusOfQuotationSerializer,
    status_id,
    tracked,
)
from sales.models import Quotation, QuotationLine, QuotationStatus


class QuotationLineSerializer(DocumentLineSerializer):
    """A quoted line; what of it went to proforma invoices and directly to orders, and what remains."""

    proforma_quantity = tracked()
    ordered_quantity = tracked()
    remaining_quantity = tracked()

    class Meta(DocumentLineSerializer.Meta):
        model = QuotationLine
        fields = (*SALES_LINE, "proforma_quantity", "ordered_quantity", "remaining_quantity")


class QuotedLeadSerializer(ApiModelSerializer):
    """The lead a quotation is for."""

    class Meta:
        model = Lead
        fields = ("id", "lead_number", "first_name", "last_name")
        read_only_fields = fields


class QuotationRowSerializer(DocumentRowSerializer):
    """A quotation as its list shows it."""

    customer_id = RecordIdField(
        source="customer", queryset=customer_model().objects.all(), required=False, allow_null=True
    )
    lead_id = RecordIdField(source="lead", queryset=Lead.objects.all(), required=False, allow_null=True)
    lead = QuotedLeadSerializer(read_only=True)
    status_id = status_id(QuotationStatus, required=False)
    status = StatusOfQuotationSerializer(read_only=True)
    source_id = serializers.UUIDField(source="revises_id", read_only=True, allow_null=True)

    class Meta(DocumentRowSerializer.Meta):
        model = Quotation
        fields = (*SALES_HEADER, "lead_id", "lead", "valid_until", "revision", "revision_reason")
        read_only_fields = (*SALES_READ_ONLY, "revision", "revision_reason")


class QuotationSerializer(QuotationRowSerializer):
    """A quotation with its lines."""

    lines = lines_field(QuotationLineSerializer)

    class Meta(QuotationRowSerializer.Meta):
        fields = (*QuotationRowSerializer.Meta.fields, "lines")


class DifferenceSerializer(ApiSerializer):
    """A field that differs from the quotation a revision revises; ``line`` is the line's place, from 1."""

    field = serializers.CharField()
    line = serializers.IntegerField(required=False)
    from_ = serializers.JSONField()
    to = serializers.JSONField()


class RevisionSerializer(QuotationRowSerializer):
    """A member of a lineage, with what it changed."""

    differences = DifferenceSerializer(many=True, read_only=True)

    class Meta(QuotationRowSerializer.Meta):
        fields = (
            "id", "number", "revision", "revision_reason", "status", "status_reason", "date", "valid_until", "totals",
            "owner", "version", "created_at", "updated_at", "differences",
        )  # fmt: skip
        read_only_fields = fields
