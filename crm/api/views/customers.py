"""Customers over HTTP."""

from functools import partial
from typing import Any

from django.db.models.fields.json import KT

from crm.api.filters.customers import CustomerFilter
from crm.api.serializers.customers import CustomerSerializer
from crm.imports import CustomerImport
from crm.models import Customer
from crm.selectors.search import search_customers
from crm.selectors.tags import tag_names_of
from crm.services import customers
from nextgenerp.core import seats
from nextgenerp.core.addresses import PARTS
from nextgenerp.core.api.csv_export import ExportColumn
from nextgenerp.core.api.imports import IMPORT_ANSWERS, IMPORT_BODIES, ImportMixin
from nextgenerp.core.api.resources import ExportMixin, ResourceViewSet


def part(name: str) -> ExportColumn:
    """The column of a part of the billing address."""
    return ExportColumn(f"billingAddress.{name}", KT(f"billing_address__{name}"))


class CustomerViewSet(ImportMixin, ExportMixin, ResourceViewSet):
    """Customers within the caller's scope."""

    permission_module = "Customers"
    limits = {"create": customers.LIMIT, "import_file": customers.LIMIT}
    import_resource = CustomerImport
    queryset = Customer.objects.all()
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilter
    search = search_customers
    counted = customers.LIMIT
    sort_fields = {
        "createdAt": "created_at",
        "name": "name_key",
        "code": "number",
        "outstanding": "outstanding",
    }
    bodies = {"import_file": IMPORT_BODIES["import_file"]}
    answers = {"import_file": IMPORT_ANSWERS["import_file"]}
    export_name = "customers"
    export_columns = (
        ExportColumn("code", "code"),
        ExportColumn("type", "type"),
        ExportColumn("name", "name"),
        ExportColumn("contactPerson", "contact_person"),
        ExportColumn("email", "email"),
        ExportColumn("phone", "phone"),
        ExportColumn("alternatePhone", "alternate_phone"),
        ExportColumn("gstin", "gstin"),
        ExportColumn("pan", "pan"),
        ExportColumn("gstCategory", "gst_category"),
        *(part(name) for name in PARTS),
        ExportColumn("shippingAddresses", "shipping_addresses"),
        ExportColumn("creditLimit", "credit_limit"),
        ExportColumn("creditDays", "credit_days"),
        ExportColumn("outstanding", "outstanding"),
        ExportColumn("tags", "id", partial(tag_names_of, Customer)),
        ExportColumn("notes", "notes"),
        ExportColumn("owner", "owner_id", seats.emails),
        ExportColumn("isActive", "is_active"),
        ExportColumn("createdAt", "created_at"),
        ExportColumn("updatedAt", "updated_at"),
    )

    def create_record(self, values: dict[str, Any]) -> Customer:
        return customers.create_customer(values, actor=self.actor)

    def update_record(self, instance: Customer, values: dict[str, Any]) -> Customer:
        return customers.update_customer(instance, values, actor=self.actor)

    def delete_record(self, instance: Customer) -> None:
        customers.delete_customer(instance, actor=self.actor)
