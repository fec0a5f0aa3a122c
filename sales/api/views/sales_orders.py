"""Sales orders over HTTP."""

from typing import Any

from rest_framework.response import Response

from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.csv_export import ExportColumn
from nextgenerp.core.api.etags import etag
from nextgenerp.core.exceptions import Invalid
from sales.api.filters import SalesOrderFilter
from sales.api.serializers import sales_orders as shapes
from sales.api.serializers.documents import NewSalesOrderStatusSerializer
from sales.api.views.documents import (
    BASE_ACTIONS,
    BASE_ANSWERS,
    BASE_BODIES,
    SALES_EXPORT_COLUMNS,
    SalesDocumentViewSet,
)
from sales.kinds import PROFORMA_INVOICE, QUOTATION, SALES_ORDER
from sales.models import SalesOrder
from sales.services import lifecycle
from sales.services.ledger import Source

STRICT = {
    "type": "string", "enum": ["true", "false"], "default": "false",
    "description": "Confirm only if stock can be reserved for everything.",
}  # fmt: skip


class SalesOrderViewSet(SalesDocumentViewSet):
    """What customers have ordered, within the caller's scope."""

    kind = SALES_ORDER
    permission_module = "Sales Orders"
    permission_actions = BASE_ACTIONS | {"from_quotation": "canCreate", "from_pi": "canCreate"}
    queryset = SalesOrder.objects.select_related("status", "customer", "bank_account").prefetch_related(
        "lines"
    )
    serializer_class = shapes.SalesOrderSerializer
    list_serializer_class = shapes.SalesOrderRowSerializer
    status_serializer_class = NewSalesOrderStatusSerializer
    filterset_class = SalesOrderFilter
    sort_fields = SalesDocumentViewSet.sort_fields | {"expectedDeliveryDate": "expected_delivery_date"}
    query_parameters = SalesDocumentViewSet.query_parameters | {"set_status": ("strict",)}
    parameter_schemas = SalesDocumentViewSet.parameter_schemas | {"strict": STRICT}
    bodies = BASE_BODIES | {
        "set_status": NewSalesOrderStatusSerializer,
        "from_quotation": shapes.FromQuotationSerializer,
        "from_pi": shapes.SalesOrderFromProformaInvoiceSerializer,
    }
    answers = BASE_ANSWERS | {
        "set_status": shapes.MovedSalesOrderSerializer,
        "from_quotation": Answer(shapes.SalesOrderSerializer, status=201),
        "from_pi": Answer(shapes.SalesOrderSerializer, status=201),
    }
    export_name = "sales-orders"
    export_columns = (
        *SALES_EXPORT_COLUMNS,
        ExportColumn("expectedDeliveryDate", "expected_delivery_date"),
        ExportColumn("quotation", "quotation__number"),
        ExportColumn("proformaInvoice", "proforma_invoice__number"),
    )

    def move(self, instance: Any, values: dict[str, Any]) -> None:
        strict = self.request.GET.get("strict", "false")
        if strict not in {"true", "false"}:
            raise Invalid.field("strict", "invalid_choice", "true or false.")
        lifecycle.change_status(
            self.kind,
            instance,
            values["status"],
            reason=values["reason"],
            strict=strict == "true",
            actor=self.actor,
        )

    def moved(self, instance: Any) -> Response:
        """The order, and of what there was not enough to reserve when it was confirmed."""
        instance.shortages = getattr(instance, "shortages", [])
        content = self.serialize(instance, shapes.MovedSalesOrderSerializer)
        return Response(content, headers={"ETag": etag(instance)})

    def from_quotation(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Make an order of a quotation that was sent or accepted: all that remains, or what is asked for.

        It needs Quotations: canView too.
        """
        values = self.validated(shapes.FromQuotationSerializer)
        quotation = values.pop("source")
        return self.convert(
            Source(QUOTATION, quotation.pk, "ordered_quantity"), values | {"quotation_id": quotation.pk}
        )

    def from_pi(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Make an order of a proforma invoice that was sent: all that remains, or what is asked for.

        It takes the proforma invoice's quantities, and needs Proforma Invoices: canView too.
        """
        values = self.validated(shapes.SalesOrderFromProformaInvoiceSerializer)
        proforma = values.pop("source")
        return self.convert(
            Source(PROFORMA_INVOICE, proforma.pk, "ordered_quantity"),
            values | {"proforma_invoice_id": proforma.pk},
        )
