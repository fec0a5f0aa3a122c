"""Invoices over HTTP: drafts, issued and cancelled ones, and their payments."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from rest_framework.response import Response

from finance.api.filters import InvoiceFilter
from finance.api.serializers.invoices import (
    InvoiceBodySerializer,
    InvoiceRowSerializer,
    InvoiceSerializer,
    InvoiceStatusSerializer,
)
from finance.kinds import INVOICE
from finance.models import Invoice, Receipt
from finance.printing import printed_invoice
from finance.selectors.invoices import with_shown_status
from finance.selectors.receipts import payments_of, receipt_shown
from finance.services import dispatch, invoices, issuing, payments
from finance.services.receipts import find_receipt
from nextgenerp.core.api.csv_export import ExportColumn
from nextgenerp.core.api.documents import EXPORT_COLUMNS, DocumentViewSet
from nextgenerp.core.api.payments import PAYMENT_ANSWERS, PAYMENT_BODIES, PaymentsMixin
from nextgenerp.core.api.sending import SENDING_ANSWERS, SENDING_BODIES, SendEmailMixin
from nextgenerp.core.documents.pdf.content import PrintedDocument
from nextgenerp.core.exceptions import Conflict, Invalid

# What the simple shape calls a field of a line.
ITEM_NAMES = {"unitPrice": "rate", "gstRate": "taxRate", "name": "description"}


class InvoiceViewSet(PaymentsMixin, SendEmailMixin, DocumentViewSet):
    """Invoices within the caller's scope.

    A draft is changed as one likes; ``status`` ``sent`` issues it, and its figures are locked from then on.
    ``cancelled`` takes it back for a ``reason``, number and all, unless payments stand against it.
    """

    permission_module = "Finance"
    kind = INVOICE
    queryset = Invoice.objects.select_related("customer", "bank_account").prefetch_related("lines")
    serializer_class = InvoiceSerializer
    list_serializer_class = InvoiceRowSerializer
    filterset_class = InvoiceFilter
    sort_fields = {**DocumentViewSet.sort_fields, "dueDate": "due_date"}
    limits = {"create": invoices.LIMIT}
    permission_actions = {
        **DocumentViewSet.permission_actions,
        "change_status": "canEdit",
        "payments": "canView",
        "record_payment": "canCreate",
        "reverse_payment": "canCreate",
        "send_email": "canCreate",
    }
    bodies = {
        "create": InvoiceBodySerializer,
        "partial_update": InvoiceBodySerializer,
        "change_status": InvoiceStatusSerializer,
        **PAYMENT_BODIES,
        **SENDING_BODIES,
    }
    answers = {
        **DocumentViewSet.answers,
        "change_status": InvoiceSerializer,
        **PAYMENT_ANSWERS,
        **SENDING_ANSWERS,
    }
    export_name = "invoices"
    export_columns = (
        *EXPORT_COLUMNS[:5],
        ExportColumn("status", "shown"),
        ExportColumn("dueDate", "due_date"),
        *EXPORT_COLUMNS[5:-2],
        ExportColumn("amountPaid", "settled"),
        ExportColumn("balance", "due"),
        *EXPORT_COLUMNS[-2:],
    )

    def filtered_queryset(self) -> QuerySet:
        found = super().filtered_queryset()
        return with_shown_status(found) if self.action == "export" else found

    def get_object(self, *, lock: bool = False) -> Invoice:
        """The invoice of the path; before it is locked, its customer and its order are. Raises NotFound, Conflict."""
        if not lock:
            return super().get_object()
        seen = super().get_object()
        invoices.hold(seen)
        found = super().get_object(lock=True)
        if found.customer_id != seen.customer_id:
            raise Conflict("Somebody has just changed the customer. Try again.")
        return found

    def create_record(self, values: dict[str, Any]) -> Invoice:
        values = dict(values)
        lines = values.pop("lines")
        try:
            return invoices.create_invoice(values, lines, actor=self.actor)
        except Invalid as refusal:
            raise self.as_sent(refusal) from None

    def update_record(self, instance: Invoice, values: dict[str, Any]) -> Invoice:
        values = dict(values)
        lines, reason = values.pop("lines", None), values.pop("reason", "")
        status = values.pop("status", None)
        try:
            if values or lines is not None:
                invoices.update_invoice(instance, values, lines, actor=self.actor)
        except Invalid as refusal:
            raise self.as_sent(refusal) from None
        return (
            issuing.change_status(instance, status, reason=reason, actor=self.actor) if status else instance
        )

    def delete_record(self, instance: Invoice) -> None:
        invoices.delete_invoice(instance, actor=self.actor)

    def as_sent(self, refusal: Invalid) -> Invalid:
        """A refusal that names fields of ``items`` where those were sent, not of the lines made of them."""
        if "items" not in self.request.data:
            return refusal
        for error in refusal.errors or []:
            parts = error["field"].split(".")
            if parts[0] == "lines":
                error["field"] = ".".join(["items", *(ITEM_NAMES.get(part, part) for part in parts[1:])])
        return refusal

    @transaction.atomic
    def change_status(self, request: Any, **kwargs: Any) -> Response:
        """Issue an invoice (``sent``), or cancel it for a reason."""
        instance = self.get_object(lock=True)
        values = self.validated(InvoiceStatusSerializer)
        issuing.change_status(instance, values["status"], reason=values.get("reason", ""), actor=self.actor)
        return self.answer(instance)

    def payments_of(self, document: Invoice) -> list[dict[str, Any]]:
        return payments_of(document)

    def pay(self, document: Invoice, values: dict[str, Any]) -> dict[str, Any]:
        return receipt_shown(payments.record_payment(document, values, actor=self.actor))

    def find_payment(self, document: Invoice, payment_id: UUID | None) -> Receipt:
        return find_receipt(document, payment_id)

    def reverse(self, document: Invoice, payment: Receipt, values: dict[str, Any]) -> dict[str, Any]:
        return receipt_shown(payments.reverse_payment(document, payment, values, actor=self.actor))

    def mail(self, document: Invoice, values: dict[str, Any]) -> UUID:
        return dispatch.send_invoice(document, **values, actor=self.actor).pk

    def printed(self, instance: Invoice) -> PrintedDocument:
        return printed_invoice(instance)
