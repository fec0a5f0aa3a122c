"""How proforma invoices and their lines are spoken."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from nextgenerp.core.api.documents_serializers import (
    DocumentLineSerializer,
    DocumentRowSerializer,
    lines_field,
)
from nextgenerp.core.api.fields import ColumnsField, RecordIdField
from nextgenerp.core.api.serializers import ApiSerializer
from sales.api.serializers.documents import (
    SALES_HEADER,
    SALES_LINE,
    SALES_READ_ONLY,
    StatusOfProformaInvoiceSerializer,
    TakenLineSerializer,
    status_id,
    tracked,
)
from sales.models import ProformaInvoice, ProformaInvoiceLine, ProformaInvoiceStatus, Quotation

MOST_LINES = 200


class ProformaInvoiceLineSerializer(DocumentLineSerializer):
    """A line; what of it went to orders, and what remains."""

    ordered_quantity = tracked()
    remaining_quantity = tracked()

    class Meta(DocumentLineSerializer.Meta):
        model = ProformaInvoiceLine
        fields = (*SALES_LINE, "ordered_quantity", "remaining_quantity")


@extend_schema_field({"type": "string", "format": "decimal"})
class BalanceField(ColumnsField):
    """What is still to be received."""

    columns = ("payable", "settled")

    def make(self, payable: object, settled: object) -> object:
        return payable - settled  # type: ignore[operator]


class ProformaInvoiceRowSerializer(DocumentRowSerializer):
    """A proforma invoice as its list shows it."""

    status_id = status_id(ProformaInvoiceStatus, required=False)
    status = StatusOfProformaInvoiceSerializer(read_only=True)
    source_id = serializers.UUIDField(source="quotation_id", read_only=True, allow_null=True)
    quotation_id = serializers.UUIDField(read_only=True, allow_null=True)
    balance = BalanceField()

    class Meta(DocumentRowSerializer.Meta):
        model = ProformaInvoice
        fields = (*SALES_HEADER, "quotation_id", "due_date", "settled", "balance")
        read_only_fields = (*SALES_READ_ONLY, "settled")


class ProformaInvoiceSerializer(ProformaInvoiceRowSerializer):
    """A proforma invoice with its lines."""

    lines = lines_field(ProformaInvoiceLineSerializer)

    class Meta(ProformaInvoiceRowSerializer.Meta):
        fields = (*ProformaInvoiceRowSerializer.Meta.fields, "lines")


class FromQuotationSerializer(ApiSerializer):
    """What a document is made of: a quotation, and quantities of its lines unless all that remains."""

    quotation_id = RecordIdField(source="source", queryset=Quotation.objects.all())
    lines = TakenLineSerializer(many=True, required=False, allow_empty=False, max_length=MOST_LINES)
    date = serializers.DateField(required=False)


class ProformaInvoiceFromQuotationSerializer(FromQuotationSerializer):
    due_date = serializers.DateField(required=False, allow_null=True)
