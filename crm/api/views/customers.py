"""Customers over HTTP."""

from typing import Any

from crm.api.filters.customers import CustomerFilter
from crm.api.serializers.customers import CustomerSerializer
from crm.models import Customer
from crm.selectors.lead_search import search_leads
from crm.services import customers
from nextgenerp.core.api.resources import ResourceViewSet


class CustomerViewSet(ResourceViewSet):
    """Customers within the caller's scope."""

    permission_module = "Customers"
    limits = {"create": customers.LIMIT}
    queryset = Customer.objects.all()
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilter
    search = search_leads
    counted = customers.LIMIT
    sort_fields = {
        "createdAt": "created_at",
        "name": "name_key",
        "code": "number",
        "outstanding": "outstanding",
    }

    def create_record(self, values: dict[str, Any]) -> Customer:
        return customers.create_customer(values, actor=self.actor)

    def update_record(self, instance: Customer, values: dict[str, Any]) -> Customer:
        return customers.update_customer(instance, values, actor=self.actor)

    def delete_record(self, instance: Customer) -> None:
        customers.delete_customer(instance, actor=self.actor)
