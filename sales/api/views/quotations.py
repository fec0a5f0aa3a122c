"""Quotations over HTTP."""

from typing import Any

from django.db import transaction
from rest_framework.decorators import action
from rest_framework.response import Response

from crm.models import Lead
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.csv_export import ExportColumn
from nextgenerp.core.api.permissions import grant, require
from nextgenerp.core.api.resources import unpaged
from nextgenerp.core.exceptions import NotFound
from nextgenerp.core.scope import visible
from nextgenerp.database.ids import parse_id
from sales.api.filters import QuotationFilter
from sales.api.serializers import quotations as shapes
from sales.api.serializers.documents import NewQuotationStatusSerializer, ReasonSerializer
from sales.api.views.documents import (
    BASE_ACTIONS,
    BASE_ANSWERS,
    BASE_BODIES,
    SALES_EXPORT_COLUMNS,
    SalesDocumentViewSet,
)
from sales.kinds import QUOTATION
from sales.models import Quotation
from sales.selectors.revisions import revisions_of
from sales.services import revisions


class QuotationViewSet(SalesDocumentViewSet):
    """Offers to customers and leads within the caller's scope."""

    kind = QUOTATION
    permission_module = "Quotations"
    # As published: exporting is viewing here.
    permission_actions = BASE_ACTIONS | {"export": "canView", "revise": "canCreate", "revisions": "canView"}
    queryset = Quotation.objects.select_related(
        "status", "customer", "lead__company", "bank_account"
    ).prefetch_related("lines")
    serializer_class = shapes.QuotationSerializer
    list_serializer_class = shapes.QuotationRowSerializer
    status_serializer_class = NewQuotationStatusSerializer
    filterset_class = QuotationFilter
    sort_fields = SalesDocumentViewSet.sort_fields | {"validUntil": "valid_until"}
    bodies = BASE_BODIES | {"set_status": NewQuotationStatusSerializer, "revise": ReasonSerializer}
    answers = BASE_ANSWERS | {
        "set_status": shapes.QuotationSerializer,
        "revise": Answer(shapes.QuotationSerializer, status=201),
        "revisions": Answer(shapes.RevisionSerializer, many=True),
    }
    export_name = "quotations"
    export_columns = (
        *SALES_EXPORT_COLUMNS,
        ExportColumn("leadNumber", "lead__lead_number"),
        ExportColumn("validUntil", "valid_until"),
        ExportColumn("revision", "revision"),
    )

    @action(detail=True, methods=["post"], url_path="revise")
    @transaction.atomic
    def revise(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Make a new draft in the place of a quotation that was sent; one revision is open at a time."""
        quotation = self.get_object(lock=True)
        reason = self.validated(ReasonSerializer)["reason"]
        made = revisions.revise(quotation, reason=reason, actor=self.actor)
        return self.answer(made, status=201, location=f"/quotations/{made.pk}")

    @action(detail=True, methods=["get"], url_path="revisions")
    def revisions(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """The original and its revisions, each with what differs from the one it revises."""
        members = revisions_of(self.get_object(), actor=self.actor)
        context = {"request": request, "view": self}
        return unpaged(shapes.RevisionSerializer(members, many=True, context=context).data)


class QuotationsOfLeadView(QuotationViewSet):
    """The quotations made for one lead; it needs Quotations: canView too."""

    permission_module = "Leads"
    permission_actions = {"list": grant("Leads", "canView")}

    def get_queryset(self) -> Any:
        identifier = parse_id(self.kwargs["id"])
        leads = visible(Lead.objects.filter(pk=identifier), self.actor) if identifier else Lead.objects.none()
        lead = leads.first()
        if lead is None:
            raise NotFound
        require(self.actor, "Quotations", "canView")
        return super().get_queryset().filter(lead=lead)
