"""A kind of document that exists in tests alone: the kernel's own, whatever the apps above make of it.

Its models live in a registry of their own, so that nothing else (migrations, the house's rules) knows of them; its
tables are made in one tenant's schema by ``make_tables``.
"""

from decimal import Decimal
from functools import cache
from typing import Any

from django.apps.registry import Apps
from django.db import connection, models, transaction
from django.urls import include, path

from crm.models import Customer
from inventory.models import Product
from nextgenerp.core.api.documents import EXPORT_COLUMNS, DocumentFilter, DocumentViewSet
from nextgenerp.core.api.documents_serializers import (
    HEADER,
    LINE,
    DocumentLineSerializer,
    DocumentRowSerializer,
    lines_field,
)
from nextgenerp.core.documents import printing, services
from nextgenerp.core.documents.kinds import DocumentKind
from nextgenerp.core.documents.models import BankAccount, Document, DocumentLine, DocumentType
from nextgenerp.core.exceptions import Conflict
from nextgenerp.core.scope import Scope
from nextgenerp.core.tenancy import SYSTEM, tenant_context
from nextgenerp.database.fields import OwnerKey


class ProbeApps(Apps):
    """Knows the probe's models, and those they refer to by name."""

    def __init__(self) -> None:
        super().__init__()
        for model in (BankAccount, Customer, Product):
            self.all_models[model._meta.app_label][model._meta.model_name] = model

    @cache  # noqa: B019 - Django clears it
    def get_models(self, *args: Any, **kwargs: Any) -> list[Any]:
        return list(self.all_models["core_probe"].values())


registry = ProbeApps()


class Estimate(Document):
    scope = Scope("Quotations", owners=("owner_id", "created_by_id"))
    valid_until = models.DateField(null=True, blank=True)

    class Meta(Document.Meta):
        apps, app_label, db_table = registry, "core_probe", "estimate"


class EstimateLine(DocumentLine):
    document = OwnerKey(Estimate, models.CASCADE, related_name="lines")
    taken_quantity = models.DecimalField(max_digits=15, decimal_places=3, default=0)

    class Meta(DocumentLine.Meta):
        apps, app_label, db_table = registry, "core_probe", "estimate_line"


KIND = DocumentKind(
    model=Estimate,
    line_model=EstimateLine,
    document_type=DocumentType.QUOTATION,
    name="estimate",
    title="ESTIMATE",
    module="Quotations",
    unregistered_title="ESTIMATE WITHOUT GST",
    dates=(("valid_until", "Valid until"),),
)


class EstimateLineSerializer(DocumentLineSerializer):
    class Meta(DocumentLineSerializer.Meta):
        model = EstimateLine
        fields = (*LINE, "taken_quantity")
        read_only_fields = (*DocumentLineSerializer.Meta.read_only_fields, "taken_quantity")


class EstimateRowSerializer(DocumentRowSerializer):
    class Meta(DocumentRowSerializer.Meta):
        model = Estimate
        fields = (*HEADER, "valid_until")


class EstimateSerializer(EstimateRowSerializer):
    lines = lines_field(EstimateLineSerializer)

    class Meta(EstimateRowSerializer.Meta):
        fields = (*EstimateRowSerializer.Meta.fields, "lines")


class EstimateViewSet(DocumentViewSet):
    """Estimates; one whose reference is ``fail`` fails after it was stored, one that is frozen cannot go."""

    kind = KIND
    permission_module = "Quotations"
    queryset = Estimate.objects.select_related("customer", "bank_account")
    serializer_class = EstimateSerializer
    list_serializer_class = EstimateRowSerializer
    filterset_class = DocumentFilter
    export_columns = (*EXPORT_COLUMNS, EXPORT_COLUMNS[0])
    export_name = "estimates"

    @transaction.atomic
    def create_record(self, values):
        estimate = super().create_record(values)
        if estimate.reference_no == "fail":
            raise Conflict("As asked.")
        return estimate

    def delete_record(self, instance):
        if instance.snapshot:
            raise Conflict("It has left draft.")
        super().delete_record(instance)


def freeze(tenant: Any, identifier: str) -> None:
    """What leaving draft does."""
    with tenant_context(tenant):
        estimate = Estimate.objects.select_related("customer", "bank_account").get(pk=identifier)
        services.freeze(KIND, estimate)
        estimate.save(update_fields=["snapshot"])


def revise(tenant: Any, identifier: str) -> dict[str, Any]:
    """A document of the number of another with ``-R1`` behind it."""
    with tenant_context(tenant):
        root = Estimate.objects.get(pk=identifier)
        lines = [{"name": "Demo", "quantity": Decimal(1), "unit_price": Decimal(1)}]
        values = {"customer": root.customer, "date": root.date}
        made = services.create_document(KIND, values, lines, actor=SYSTEM, number=f"{root.number}-R1")
        return {"id": str(made.pk), "number": made.number}


def printed(tenant: Any, identifier: str, **options: Any) -> Any:
    with tenant_context(tenant):
        return printing.printed(KIND, Estimate.objects.get(pk=identifier), **options)


def make_tables() -> None:
    """Create the probe's tables in the current schema."""
    with connection.schema_editor() as editor:
        editor.create_model(Estimate)
        editor.create_model(EstimateLine)


one = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
urlpatterns = [
    path("", include("crm.api.urls")),
    path("", include("inventory.api.urls")),
    path("estimates", EstimateViewSet.as_view({"get": "list", "post": "create"})),
    path("estimates/export", EstimateViewSet.as_view({"get": "export"})),
    path("estimates/<str:id>", EstimateViewSet.as_view(one)),
    path("estimates/<str:id>/pdf", EstimateViewSet.as_view({"get": "pdf"})),
]
handler400 = "nextgenerp.core.api.handlers.bad_request"
handler403 = "nextgenerp.core.api.handlers.permission_denied"
handler404 = "nextgenerp.core.api.handlers.page_not_found"
handler500 = "nextgenerp.core.api.handlers.server_error"
