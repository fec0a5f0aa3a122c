"""Proforma invoices over HTTP."""

from typing import Any
from uuid import UUID

from rest_framework.response import Response

from finance.models import Receipt
from finance.selectors.receipts import receipt_shown, receipts_of
from finance.services.receipts import find_receipt
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.csv_export import ExportColumn
from nextgenerp.core.api.payments import PAYMENT_ANSWERS, PAYMENT_BODIES, PaymentsMixin
from sales.api.filters import ProformaInvoiceFilter
from sales.api.serializers import proforma_invoices as shapes
from sales.api.serializers.documents import NewProformaInvoiceStatusSerializer
from sales.api.views.documents import (
    BASE_ACTIONS,
    BASE_ANSWERS,
    BASE_BODIES,
    SALES_EXPORT_COLUMNS,
    SalesDocumentViewSet,
)
from sales.kinds import PROFORMA_INVOICE, QUOTATION
from sales.models import ProformaInvoice
from sales.services import payments
from sales.services.ledger import Source


class ProformaInvoiceViewSet(PaymentsMixin, SalesDocumentViewSet):
    """Demands for payment before the goods, within the caller's scope."""

    kind = PROFORMA_INVOICE
    permission_module = "Proforma Invoices"
    permission_actions = BASE_ACTIONS | {
        "from_quotation": "canCreate",
        "payments": "canView",
        "record_payment": "canEdit",
        "reverse_payment": "canEdit",
    }
    queryset = ProformaInvoice.objects.select_related("status", "customer", "bank_account").prefetch_related(
        "lines"
    )
    serializer_class = shapes.ProformaInvoiceSerializer
    list_serializer_class = shapes.ProformaInvoiceRowSerializer
    status_serializer_class = NewProformaInvoiceStatusSerializer
    filterset_class = ProformaInvoiceFilter
    sort_fields = SalesDocumentViewSet.sort_fields | {"dueDate": "due_date"}
    bodies = BASE_BODIES | {
        "set_status": NewProformaInvoiceStatusSerializer,
        "from_quotation": shapes.ProformaInvoiceFromQuotationSerializer,
        **PAYMENT_BODIES,
    }
    answers = BASE_ANSWERS | {
        "set_status": shapes.ProformaInvoiceSerializer,
        "from_quotation": Answer(shapes.ProformaInvoiceSerializer, status=201),
        **PAYMENT_ANSWERS,
    }
    export_name = "proforma-invoices"
    export_columns = (
        *SALES_EXPORT_COLUMNS,
        ExportColumn("dueDate", "due_date"),
        ExportColumn("settled", "settled"),
        ExportColumn("quotation", "quotation__number"),
    )

    def from_quotation(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Make a proforma invoice of a quotation that was sent or accepted: all that remains, or what is asked for.

        It needs Quotations: canView too.
        """
        values = self.validated(shapes.ProformaInvoiceFromQuotationSerializer)
        quotation = values.pop("source")
        return self.convert(
            Source(QUOTATION, quotation.pk, "proforma_quantity"), values | {"quotation_id": quotation.pk}
        )

    def payments_of(self, document: ProformaInvoice) -> list[dict[str, Any]]:
        return receipts_of(document.pk)

    def pay(self, document: ProformaInvoice, values: dict[str, Any]) -> dict[str, Any]:
        return receipt_shown(payments.record_payment(document, values, actor=self.actor))

    def find_payment(self, document: ProformaInvoice, payment_id: UUID | None) -> Receipt:
        return find_receipt(document, payment_id)

    def reverse(self, document: ProformaInvoice, payment: Receipt, values: dict[str, Any]) -> dict[str, Any]:
        return receipt_shown(payments.reverse_payment(document, payment, values, actor=self.actor))
