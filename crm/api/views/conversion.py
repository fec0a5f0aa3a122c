"""Leads that become customers, over HTTP."""

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.response import Response

from crm.api.serializers.deals import DealSerializer
from crm.api.serializers.leads import LeadSerializer
from crm.models import Customer, Lead
from crm.services.conversion import convert_lead
from nextgenerp.core.api.fields import RecordIdField
from nextgenerp.core.api.permissions import require
from nextgenerp.core.api.resources import ResourceView
from nextgenerp.core.api.serializers import ApiSerializer


class ConvertedDealSerializer(DealSerializer):
    """The deal of a conversion: its customer is the lead's; title, value and closing day are too unless given."""

    customer_id = None
    lead_id = None

    class Meta(DealSerializer.Meta):
        fields = tuple(name for name in DealSerializer.Meta.fields if name not in {"customer_id", "lead_id"})
        extra_kwargs = DealSerializer.Meta.extra_kwargs | {"title": {"required": False}}


class ConversionSerializer(ApiSerializer):
    """The customer the lead becomes (a new one unless given), and whether a deal is made (it is when one is given)."""

    customer_id = RecordIdField(
        source="customer", queryset=Customer.objects.all(), required=False, allow_null=True
    )
    create_deal = serializers.BooleanField(required=False, allow_null=True)
    deal = ConvertedDealSerializer(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The deal is what is known of it, or None for no deal."""
        deal, wanted = attrs.get("deal"), attrs.get("create_deal")
        if wanted is None:
            wanted = deal is not None
        return {"customer": attrs.get("customer"), "deal": dict(deal or {}) if wanted else None}


class LeadConversionView(ResourceView):
    """POST /leads/:id/convert."""

    permission_module = "Leads"
    permission_actions = {"convert": "canEdit"}
    queryset = Lead.objects.select_related("status", "company")
    serializer_class = LeadSerializer
    listing_actions = ()
    limits = {"convert": "customers"}
    bodies = {"convert": ConversionSerializer}
    answers = {"convert": LeadSerializer}

    @transaction.atomic
    def convert(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Make a lead a customer and, if wanted, a deal. It needs *Customers: canCreate* too.

        The lead goes to the won status, and its open deals to the customer. Again: 409 ``already_converted``.
        """
        lead = self.get_object(lock=True)
        require(self.actor, Customer.scope.module, "canCreate")
        return self.answer(convert_lead(lead, **self.validated(ConversionSerializer), actor=self.actor))
