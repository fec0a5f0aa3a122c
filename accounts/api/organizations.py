"""/organizations: the caller's organization, its tenants and sub-tenants; for operators, every organization."""

from collections.abc import Iterable
from typing import Any

from django.core.validators import RegexValidator
from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.serializers import TaxPlaceSerializer, TenantSerializer
from accounts.models import Membership, Organization, Tenant
from accounts.selectors import sub_tenants, tenants_in_sight, with_users
from accounts.services.organizations import LIMIT, open_sub_tenant
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.etags import etag
from nextgenerp.core.api.fields import EmailField, LookupField, TextField
from nextgenerp.core.api.filters import ApiFilterSet
from nextgenerp.core.api.permissions import SUPER_ADMIN, roles
from nextgenerp.core.api.resources import ListMixin, ResourceView, unpaged
from nextgenerp.core.api.serializers import ApiModelSerializer, ApiSerializer
from nextgenerp.core.api.views import ApiView
from nextgenerp.core.entitlements import entitlements

READERS = roles("tenant_admin", "super_admin", "admin")
OPENERS = roles("tenant_admin", "super_admin")
SLUG = r"\A[a-z0-9]+(-[a-z0-9]+)*\Z"
ROOT_FIELDS = ("id", "name", "slug", "status", "gstin", "state_code")


class OrganizationTenantSerializer(TenantSerializer):
    """A tenant as the admins of its organization see it."""

    users = serializers.IntegerField(read_only=True)
    is_current = serializers.SerializerMethodField("is_the_current")

    class Meta(TenantSerializer.Meta):
        fields = (*TenantSerializer.Meta.fields, "users", "is_current", "created_at")
        read_only_fields = fields

    def is_the_current(self, tenant: Tenant) -> bool:
        return tenant.id == self.context["request"].actor.tenant.id


class PlacesSerializer(ApiSerializer):
    """How many of a limited thing there are; ``limit`` is null where there is none."""

    used = serializers.IntegerField()
    limit = serializers.IntegerField(allow_null=True)


class OwnOrganizationSerializer(ApiModelSerializer):
    """The caller's organization: the current tenant, and the figures of the tenants the caller sees."""

    tenant = TenantSerializer()
    tenants = serializers.IntegerField(source="tenant_count")
    users = serializers.IntegerField()
    sub_tenants = PlacesSerializer(allow_null=True)

    class Meta:
        model = Organization
        fields = ("id", "name", "tenant", "tenants", "users", "sub_tenants", "created_at", "updated_at")
        read_only_fields = fields


class SubTenantSerializer(TaxPlaceSerializer):
    """A sub-tenant to be opened."""

    name = TextField(max_length=200)
    slug = TextField(
        min_length=3, max_length=50, required=False,
        validators=[RegexValidator(SLUG, "Small letters, digits, and single hyphens between them.")],
    )  # fmt: skip
    admin_email = EmailField(max_length=254, required=False, allow_blank=True, default="")


@extend_schema_field(
    {
        "type": ["object", "null"],
        "required": ["id", "name", "slug", "status", "gstin", "stateCode"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            **{name: {"type": "string"} for name in ("name", "slug", "gstin", "stateCode")},
            "status": {"type": "string", "enum": Tenant.Status.values},
        },
    }
)
class RootTenantField(LookupField):
    """The root tenant of an organization."""

    def load(self, keys: Iterable[Any]) -> dict[Any, Any]:
        rows = Tenant.objects.filter(organization_id__in=list(keys), parent=None)
        return {
            row.organization_id: {
                "id": row.id, "name": row.name, "slug": row.slug, "status": row.status, "gstin": row.gstin,
                "stateCode": row.state_code,
            }
            for row in rows.only("organization_id", *ROOT_FIELDS)
        }  # fmt: skip


@extend_schema_field({"type": "integer"})
class NumberField(LookupField):
    """How many rows of a queryset belong to an organization; ``path`` leads there."""

    missing = 0

    def __init__(self, key: str, rows: QuerySet, path: str, **kwargs: Any) -> None:
        super().__init__(key, **kwargs)
        self.rows, self.path = rows, path

    def load(self, keys: Iterable[Any]) -> dict[Any, Any]:
        counted = (
            self.rows.filter(**{f"{self.path}__in": list(keys)}).values(self.path).annotate(n=Count("id"))
        )
        return dict(counted.order_by().values_list(self.path, "n"))


class OrganizationSerializer(ApiModelSerializer):
    """An organization as operators see it."""

    root_tenant = RootTenantField("id")
    tenants = NumberField("id", Tenant.objects.exclude(status=Tenant.Status.ARCHIVED), "organization_id")
    users = NumberField(
        "id",
        Membership.objects.filter(is_active=True).exclude(tenant__status=Tenant.Status.ARCHIVED),
        "tenant__organization_id",
    )

    class Meta:
        model = Organization
        fields = ("id", "name", "root_tenant", "tenants", "users", "created_at", "updated_at")
        read_only_fields = fields


class OwnOrganizationView(ApiView):
    """The organization of the current tenant; from a sub-tenant, that tenant alone is seen of it."""

    permission_actions = {"retrieve": READERS, "tenants": READERS}
    answers = {
        "retrieve": OwnOrganizationSerializer,
        "tenants": Answer(OrganizationTenantSerializer, many=True),
    }

    def retrieve(self, request: Any) -> Response:
        """The organization, the current tenant, and how many tenants and active members the caller sees."""
        current = self.actor.tenant
        organization = Organization.objects.get(id=current.organization_id)
        seen = list(with_users(tenants_in_sight(current)))
        organization.tenant, organization.tenant_count = current, len(seen)
        organization.users = sum(one.users for one in seen)
        organization.sub_tenants = None
        if current.is_root:
            used, limit = len(seen) - 1, entitlements().limits.get(LIMIT)
            organization.sub_tenants = {"used": used, "limit": limit}
        data = OwnOrganizationSerializer(organization, context={"request": request}).data
        return Response(data, headers={"ETag": etag(organization)})

    def tenants(self, request: Any) -> Response:
        """The root tenant and its sub-tenants by name, archived ones left out."""
        return unpaged(tenant_rows(tenants_in_sight(self.actor.tenant), request))


class SubTenantsView(ApiView):
    permission_actions = {"list": READERS, "create": OPENERS}
    limits = {"create": LIMIT}
    bodies = {"create": SubTenantSerializer}
    answers = {
        "list": Answer(OrganizationTenantSerializer, many=True),
        "create": Answer(OrganizationTenantSerializer, 201),
    }

    def list(self, request: Any) -> Response:
        """The sub-tenants of the current tenant by name; a sub-tenant has none."""
        return unpaged(tenant_rows(sub_tenants(self.actor.tenant), request))

    def create(self, request: Any) -> Response:
        """Open a sub-tenant under the current root tenant. `adminEmail` is invited as its tenant_admin; without one
        the caller gets that seat."""
        made = open_sub_tenant(**self.validated(SubTenantSerializer), actor=self.actor)
        made = with_users(Tenant.objects.filter(id=made.id)).get()
        data = OrganizationTenantSerializer(made, context={"request": request}).data
        return Response(data, status=201, headers={"ETag": etag(made), "Location": request.path})


def tenant_rows(tenants: QuerySet[Tenant], request: Any) -> Any:
    rows = with_users(tenants)
    return OrganizationTenantSerializer(rows, many=True, context={"request": request}).data


def search_organizations(queryset: QuerySet, text: str) -> QuerySet:
    """By its name, or by the name, slug or GSTIN of one of its tenants."""
    tenants = Tenant.objects.filter(
        Q(name__icontains=text) | Q(slug__icontains=text) | Q(gstin__icontains=text)
    )
    return queryset.filter(Q(name__icontains=text) | Q(id__in=tenants.values("organization_id")))


class OrganizationFilter(ApiFilterSet):
    """The days between which they were made."""


class OrganizationsView(ListMixin, ResourceView):
    """Every organization, for operators."""

    permission_actions = {"list": SUPER_ADMIN}
    queryset = Organization.objects.all()
    serializer_class = OrganizationSerializer
    filterset_class = OrganizationFilter
    sort_fields = {"createdAt": "created_at", "name": "name"}
    search = search_organizations
