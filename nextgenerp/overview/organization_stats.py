"""/organizations/my-organization/stats: the figures of the tenants the caller sees, as the worker gathered them."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from accounts.selectors import tenants_in_sight
from nextgenerp.core.api.fields import DecimalField
from nextgenerp.core.api.permissions import roles
from nextgenerp.core.api.serializers import ApiSerializer
from nextgenerp.core.api.views import ApiView
from nextgenerp.overview.statistics import totals


class FiguresSerializer(ApiSerializer):
    users = serializers.IntegerField()
    leads = serializers.IntegerField()
    customers = serializers.IntegerField()
    deals = serializers.IntegerField()
    quotations = serializers.IntegerField()
    sales_orders = serializers.IntegerField()
    revenue = DecimalField(max_digits=20, decimal_places=2)


class TenantFiguresSerializer(FiguresSerializer):
    """The figures of one tenant; ``generatedAt`` is null until they were gathered for the first time."""

    tenant_id = serializers.UUIDField(source="tenant.id")
    name = serializers.CharField(source="tenant.name")
    generated_at = serializers.DateTimeField(allow_null=True)


class OrganizationFiguresSerializer(FiguresSerializer):
    """The figures of all tenants the caller sees. A person with seats in two of them counts in each."""

    tenants = serializers.IntegerField()
    by_tenant = TenantFiguresSerializer(many=True)


class OrganizationStatsView(ApiView):
    permission_actions = {"show": roles("tenant_admin", "super_admin", "admin")}
    answers = {"show": OrganizationFiguresSerializer}

    def show(self, request: Any) -> Response:
        """What the tenants of the organization have, as the worker counted it within about the last minute; from a
        sub-tenant, that tenant alone."""
        tenants = list(tenants_in_sight(self.actor.tenant))
        return Response(OrganizationFiguresSerializer(totals(tenants)).data)
