"""Sales orders over HTTP."""

from typing import Any

from django.db import transaction
from rest_framework.response import Response

from finance.api.serializers.invoices import InvoiceSerializer
from finance.services.invoices import LIMIT
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.csv_export import ExportColumn
from nextgenerp.core.api.etags import etag
from nextgenerp.core.api.permissions import grant, require
from nextgenerp.core.api.resources import unpaged
from nextgenerp.core.api.views import ApiView
from nextgenerp.core.exceptions import Invalid, NotFound
from nextgenerp.database.ids import parse_id
from sales.api.filters import SalesOrderFilter
from sales.api.serializers import sales_orders as shapes
from sales.api.serializers.documents import NewSalesOrderStatusSerializer, ReasonSerializer
from sales.api.views.documents import (
    BASE_ACTIONS,
    BASE_ANSWERS,
    BASE_BODIES,
    SALES_EXPORT_COLUMNS,
    SalesDocumentViewSet,
)
from sales.kinds import PROFORMA_INVOICE, QUOTATION, SALES_ORDER
from sales.models import SalesOrder
from sales.services import deliveries, invoicing, lifecycle
from sales.services.ledger import Source

STRICT = {
    "type": "string", "enum": ["true", "false"], "default": "false",
    "description": "Confirm only if stock can be reserved for everything.",
}  # fmt: skip


class SalesOrderViewSet(SalesDocumentViewSet):
    """What customers have ordered, within the caller's scope."""

    kind = SALES_ORDER
    permission_module = "Sales Orders"
    permission_actions = BASE_ACTIONS | {
        "from_quotation": "canCreate",
        "from_pi": "canCreate",
        "deliveries": "canView",
        "record_delivery": "canEdit",
        "cancel_delivery": "canEdit",
    }
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
        "record_delivery": shapes.NewDeliverySerializer,
        "cancel_delivery": ReasonSerializer,
    }
    answers = BASE_ANSWERS | {
        "set_status": shapes.MovedSalesOrderSerializer,
        "from_quotation": Answer(shapes.SalesOrderSerializer, status=201),
        "from_pi": Answer(shapes.SalesOrderSerializer, status=201),
        "deliveries": Answer(shapes.DeliverySerializer, many=True),
        "record_delivery": Answer(shapes.DeliverySerializer, status=201),
        "cancel_delivery": shapes.DeliverySerializer,
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

    def deliveries(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """The deliveries of an order, oldest first, cancelled ones too."""
        found = self.get_object().deliveries.prefetch_related("lines__order_line").order_by("date", "id")
        return unpaged(self.shown(found, many=True))

    @transaction.atomic
    def record_delivery(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Deliver quantities of an order: stock goes out in the same transaction, the order's status follows."""
        order = self.get_object(lock=True)
        values = self.validated(shapes.NewDeliverySerializer)
        wanted = [(line["line_id"], line["quantity"]) for line in values.pop("lines")]
        delivery = deliveries.record_delivery(order, wanted, values, actor=self.actor)
        return Response(self.shown(delivery), status=201, headers={"Location": request.path})

    @transaction.atomic
    def cancel_delivery(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Take a delivery back: its stock returns, the order's status follows."""
        order = self.get_object(lock=True)
        identifier = parse_id(kwargs["deliveryId"])
        delivery = order.deliveries.select_for_update().filter(pk=identifier).first() if identifier else None
        if delivery is None:
            raise NotFound
        reason = self.validated(ReasonSerializer)["reason"]
        return Response(
            self.shown(deliveries.cancel_delivery(order, delivery, reason=reason, actor=self.actor))
        )

    def shown(self, found: Any, *, many: bool = False) -> Any:
        context = {"request": self.request, "view": self}
        return shapes.DeliverySerializer(found, many=many, context=context).data


class InvoiceFromSalesOrderView(ApiView):
    """Invoices made of orders: served here, as finance does not know orders."""

    permission_actions = {"create": grant("Finance", "canCreate")}
    limits = {"create": LIMIT}
    bodies = {"create": shapes.InvoiceFromSalesOrderSerializer}
    answers = {"create": Answer(InvoiceSerializer, status=201)}

    def create(self, request: Any) -> Response:
        """Make a draft invoice of what is not invoiced of an order, or of some quantities of its lines.

        It needs Sales Orders: canView too. Amounts are shared by quantity, and the last invoice takes the rest.
        """
        values = self.validated(shapes.InvoiceFromSalesOrderSerializer)
        require(self.actor, "Sales Orders", "canView")
        order, lines = values.pop("order"), values.pop("lines", None)
        wanted = [(line["source_line_id"], line["quantity"]) for line in lines] if lines is not None else None
        invoice = invoicing.invoice_order(order.pk, values, wanted=wanted, actor=self.actor)
        content = InvoiceSerializer(invoice, context={"request": request, "view": self}).data
        headers = {"Location": f"/finance/invoices/{invoice.pk}", "ETag": etag(invoice)}
        return Response(content, status=201, headers=headers)
