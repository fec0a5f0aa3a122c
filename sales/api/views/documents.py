"""What the viewsets of the three sales documents inherit; each declares its kind, its shapes and its own actions."""

from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework.decorators import action
from rest_framework.response import Response

from nextgenerp.core.api.answers import PDF_FILE
from nextgenerp.core.api.csv_export import ExportColumn
from nextgenerp.core.api.documents import EXPORT_COLUMNS, DocumentViewSet
from nextgenerp.core.api.permissions import require
from nextgenerp.core.api.sending import SENDING_ANSWERS, SENDING_BODIES, SendEmailMixin
from nextgenerp.core.api.timeline import TIMELINE_ANSWERS, TimelineMixin
from nextgenerp.core.documents.pdf.content import PrintedDocument
from nextgenerp.core.exceptions import Conflict
from sales.kinds import SalesKind
from sales.printing import printed_document
from sales.services import conversion, dispatch, documents, lifecycle
from sales.services.ledger import Source, hold_before

BASE_ACTIONS = {"pdf": "canView", "set_status": "canEdit", "activities": "canView", "send_email": "canEdit"}
# Actions that leave the document's source alone, and those that move the customer's money.
OF_THE_DOCUMENT_ALONE = {"record_payment", "reverse_payment", "record_delivery", "cancel_delivery"}
OF_THE_CUSTOMER = {"record_payment", "reverse_payment"}
BASE_ANSWERS = {"pdf": PDF_FILE, **SENDING_ANSWERS, **TIMELINE_ANSWERS}
BASE_BODIES = SENDING_BODIES
SALES_EXPORT_COLUMNS = (
    *EXPORT_COLUMNS[:2],
    ExportColumn("status", "status__name"),
    ExportColumn("statusCategory", "status__category"),
    *EXPORT_COLUMNS[2:],
)


class SalesDocumentViewSet(TimelineMixin, SendEmailMixin, DocumentViewSet):
    """The documents of one kind within the caller's scope, and their life.

    ``status_serializer_class`` takes the body of ``…/status``.
    """

    kind: SalesKind
    status_serializer_class: type
    permission_actions = BASE_ACTIONS

    def get_object(self, *, lock: bool = False) -> Any:
        """The record of the path; for a write under its lock, after those of its source."""
        if not lock:
            return super().get_object()
        before = super().get_object()
        hold_before(before, customer=self.holds_customer(), source=self.action not in OF_THE_DOCUMENT_ALONE)
        found = super().get_object(lock=True)
        if found.customer_id != before.customer_id:
            raise Conflict("This has changed in the meantime. Read it again.")
        return found

    def holds_customer(self) -> bool:
        """Whether the request may touch what the customer owes or may owe: moves and payments."""
        body = self.request.data
        moves = self.action == "set_status" or (isinstance(body, dict) and "statusId" in body)
        return moves or self.action in OF_THE_CUSTOMER

    def create_record(self, values: dict[str, Any]) -> Any:
        return documents.create_sales_document(self.kind, values, actor=self.actor)

    def update_record(self, instance: Any, values: dict[str, Any]) -> Any:
        return documents.update_sales_document(self.kind, instance, values, actor=self.actor)

    def delete_record(self, instance: Any) -> None:
        documents.delete_sales_document(self.kind, instance, actor=self.actor)

    @action(detail=True, methods=["patch"], url_path="status")
    @transaction.atomic
    def set_status(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Move the document to a status. Within a category any move is allowed, the same status again does nothing."""
        instance = self.get_object(lock=True)
        self.move(instance, self.validated(self.status_serializer_class))
        return self.moved(instance)

    def moved(self, instance: Any) -> Response:
        """The answer to a change of status."""
        return self.answer(instance)

    def move(self, instance: Any, values: dict[str, Any]) -> None:
        lifecycle.change_status(
            self.kind, instance, values["status"], reason=values["reason"], actor=self.actor
        )

    def printed(self, instance: Any) -> PrintedDocument:
        return printed_document(self.kind, instance)

    def mail(self, document: Any, values: dict[str, Any]) -> UUID:
        return dispatch.send_document(self.kind, document, **values, actor=self.actor).pk

    def convert(self, source: Source, values: dict[str, Any]) -> Response:
        """Make a document of this kind of a source, for those who may see the source's kind."""
        require(self.actor, source.kind.module, "canView")
        lines = values.pop("lines", None)
        wanted = [(line["source_line_id"], line["quantity"]) for line in lines] if lines is not None else None
        made = conversion.convert(source, self.kind, values, wanted=wanted, actor=self.actor)
        location = f"/{self.request.path.strip('/').split('/')[0]}/{made.pk}"
        return self.answer(made, status=201, location=location)
