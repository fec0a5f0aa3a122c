"""Deals over HTTP."""

from typing import Any

from crm.api.filters.deals import DealFilter
from crm.api.serializers.deals import DealSerializer
from crm.models import Deal
from crm.selectors.search import search_deals
from crm.services import deals
from nextgenerp.core.api.resources import ResourceViewSet


class DealViewSet(ResourceViewSet):
    """Deals within the caller's scope of leads."""

    permission_module = "Leads"
    limits = {"create": deals.LIMIT}
    queryset = Deal.objects.all()
    serializer_class = DealSerializer
    filterset_class = DealFilter
    search = search_deals
    counted = deals.LIMIT
    sort_fields = {
        "createdAt": "created_at",
        "updatedAt": "updated_at",
        "title": "title_key",
        "value": "value",
        "expectedCloseDate": "expected_close_date",
    }

    def create_record(self, values: dict[str, Any]) -> Deal:
        return deals.create_deal(values, actor=self.actor)

    def update_record(self, instance: Deal, values: dict[str, Any]) -> Deal:
        return deals.update_deal(instance, values, actor=self.actor)

    def delete_record(self, instance: Deal) -> None:
        deals.delete_deal(instance, actor=self.actor)
