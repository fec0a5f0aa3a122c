"""/sales-settings/…-statuses: the three families of statuses."""

from typing import Any

from django.db import transaction
from rest_framework.response import Response

from nextgenerp.core.api.filters import ApiFilterSet, ChoicesFilter, FlagFilter
from nextgenerp.core.exceptions import Invalid
from nextgenerp.database.ids import parse_id
from sales.api.serializers import statuses as shapes
from sales.api.views.settings import SettingViewSet, search_names
from sales.models import (
    DocumentStatus,
    ProformaInvoiceCategory,
    ProformaInvoiceStatus,
    QuotationCategory,
    QuotationStatus,
    SalesOrderCategory,
    SalesOrderStatus,
)
from sales.services import status_families
from sales.services.settings import hold_settings


class StatusFilter(ApiFilterSet):
    is_default = FlagFilter(field_name="is_default")
    is_system = FlagFilter(field_name="is_system")


class QuotationStatusFilter(StatusFilter):
    category = ChoicesFilter(choices=QuotationCategory.values)


class ProformaInvoiceStatusFilter(StatusFilter):
    category = ChoicesFilter(choices=ProformaInvoiceCategory.values)


class SalesOrderStatusFilter(StatusFilter):
    category = ChoicesFilter(choices=SalesOrderCategory.values)


class StatusViewSet(SettingViewSet):
    """A family of statuses."""

    search = search_names
    sort_fields = {"order": "order", "name": "name", "createdAt": "created_at"}
    default_sort = "order"
    query_parameters = {"destroy": ("moveTo",)}
    parameter_schemas = {
        "moveTo": {
            "type": "string", "format": "uuid",
            "description": "A status of the same category, which the documents of this one get first.",
        }
    }  # fmt: skip

    def create_record(self, values: dict[str, Any]) -> DocumentStatus:
        return status_families.create_status(self.queryset.model, values, actor=self.actor)

    def update_record(self, instance: DocumentStatus, values: dict[str, Any]) -> DocumentStatus:
        return status_families.update_status(instance, values, actor=self.actor)

    def delete_record(self, instance: DocumentStatus) -> None:
        status_families.delete_status(instance, actor=self.actor)

    @transaction.atomic
    def destroy(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Remove a status. A used one is refused with the count of its documents, unless they move to another."""
        hold_settings()
        if "moveTo" in request.GET:  # documents are locked before their statuses
            status = self.get_object()
            status_families.move_documents(status, self.target(status), actor=self.actor)
        return super().destroy(request, *args, **kwargs)

    def target(self, status: DocumentStatus) -> DocumentStatus:
        """The status of moveTo. Raises Invalid."""
        identifier = parse_id(self.request.GET["moveTo"])
        target = self.queryset.filter(pk=identifier).exclude(pk=status.pk).first() if identifier else None
        if target is None:
            raise Invalid.field(
                "moveTo", "does_not_exist", "There is no other status of this id in the family."
            )
        if target.category != status.category:
            detail = f"Documents stay in their category: choose a status of the category {status.category}."
            raise Invalid.field("moveTo", "category_mismatch", detail)
        return target


class QuotationStatusViewSet(StatusViewSet):
    queryset = QuotationStatus.objects.all()
    serializer_class = shapes.QuotationStatusSerializer
    filterset_class = QuotationStatusFilter


class ProformaInvoiceStatusViewSet(StatusViewSet):
    queryset = ProformaInvoiceStatus.objects.all()
    serializer_class = shapes.ProformaInvoiceStatusSerializer
    filterset_class = ProformaInvoiceStatusFilter


class SalesOrderStatusViewSet(StatusViewSet):
    queryset = SalesOrderStatus.objects.all()
    serializer_class = shapes.SalesOrderStatusSerializer
    filterset_class = SalesOrderStatusFilter
