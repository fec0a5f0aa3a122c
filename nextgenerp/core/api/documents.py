"""Documents over HTTP: what the viewset of a kind inherits and only has to declare (docs/adding-a-resource.md)."""

from typing import Any

import django_filters
from django.db import models
from django.http import HttpResponse

from nextgenerp.core import seats
from nextgenerp.core.api.answers import PDF_FILE
from nextgenerp.core.api.csv_export import ExportColumn
from nextgenerp.core.api.filters import ApiFilterSet, IdsFilter
from nextgenerp.core.api.resources import ExportMixin, ResourceViewSet
from nextgenerp.core.documents import pdf, services
from nextgenerp.core.documents.kinds import DocumentKind
from nextgenerp.core.documents.pdf.content import PrintedDocument
from nextgenerp.core.documents.printing import file_name, printed
from nextgenerp.core.documents.search import search_documents
from nextgenerp.core.exceptions import Invalid

DISPOSITIONS = ("inline", "attachment")
AMOUNT = {"max_digits": 15, "decimal_places": 2}
EXPORT_COLUMNS = (
    ExportColumn("number", "number"),
    ExportColumn("date", "date"),
    ExportColumn("customerCode", "customer__code"),
    ExportColumn("customer", "customer__name"),
    ExportColumn("referenceNo", "reference_no"),
    ExportColumn("placeOfSupply", "place_of_supply"),
    ExportColumn("supplyType", "supply_type"),
    ExportColumn("taxMode", "tax_mode"),
    ExportColumn("currency", "currency"),
    ExportColumn("subTotal", "sub_total"),
    ExportColumn("documentDiscount", "document_discount"),
    ExportColumn("charges", "taxable_charges"),
    ExportColumn("taxableValue", "taxable_value"),
    ExportColumn("exemptValue", "exempt_value"),
    ExportColumn("cgst", "cgst"),
    ExportColumn("sgst", "sgst"),
    ExportColumn("igst", "igst"),
    ExportColumn("cess", "cess"),
    ExportColumn("otherCharges", "other_charges"),
    ExportColumn("grandTotal", "grand_total"),
    ExportColumn("roundOff", "round_off"),
    ExportColumn("payable", "payable"),
    ExportColumn("owner", "owner_id", seats.emails),
    ExportColumn("createdAt", "created_at"),
)


class DocumentFilter(ApiFilterSet):
    """What every list of documents can be narrowed by."""

    customer_id = IdsFilter(field_name="customer_id")
    owner_id = IdsFilter(field_name="owner_id")
    date_from = django_filters.DateFilter(
        field_name="date", lookup_expr="gte", label="Dated this day or later"
    )
    date_to = django_filters.DateFilter(
        field_name="date", lookup_expr="lte", label="Dated this day or earlier"
    )
    amount_from = django_filters.NumberFilter(
        field_name="payable", lookup_expr="gte", label="Payable is this or more", **AMOUNT
    )
    amount_to = django_filters.NumberFilter(
        field_name="payable", lookup_expr="lte", label="Payable is this or less", **AMOUNT
    )


class DocumentViewSet(ExportMixin, ResourceViewSet):
    """The documents of one ``kind``: list, show, create, change, delete, export, print.

    A concrete one names its queryset (with ``select_related("customer", …)``) and serializers, and says in
    ``create_record``, ``update_record`` and ``delete_record`` what its documents' states allow.
    """

    kind: DocumentKind
    filterset_class = DocumentFilter
    search = search_documents
    sort_fields = {"date": "date", "number": "number", "payable": "payable", "createdAt": "created_at"}
    default_sort = "-date"
    permission_actions = {"pdf": "canView"}
    query_parameters = {"pdf": ("disposition",)}
    parameter_schemas = {
        "disposition": {"type": "string", "enum": list(DISPOSITIONS), "default": "attachment"}
    }
    answers = {"pdf": PDF_FILE}
    export_columns = EXPORT_COLUMNS

    def create_record(self, values: dict[str, Any]) -> models.Model:
        values = dict(values)
        lines = values.pop("lines")
        return services.create_document(self.kind, values, lines, actor=self.actor)

    def update_record(self, instance: Any, values: dict[str, Any]) -> models.Model:
        values = dict(values)
        lines = values.pop("lines", None)
        return services.update_document(self.kind, instance, values, lines, actor=self.actor)

    def delete_record(self, instance: Any) -> None:
        services.delete_draft(self.kind, instance, actor=self.actor)

    def printed(self, instance: Any) -> PrintedDocument:
        """What the PDF shows; a kind that is paid adds what was received."""
        return printed(self.kind, instance)

    def pdf(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The document as it is printed: once it has left draft, as it was then."""
        disposition = request.GET.get("disposition", "attachment")
        if disposition not in DISPOSITIONS:
            raise Invalid.field("disposition", "invalid_choice", f"One of: {', '.join(DISPOSITIONS)}.")
        instance = self.get_object()
        response = HttpResponse(pdf.render(self.printed(instance)), content_type="application/pdf")
        response["Content-Disposition"] = f'{disposition}; filename="{file_name(instance.number)}"'
        return response
