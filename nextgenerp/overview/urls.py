"""The routes of the whole product rather than of one app."""

from django.urls import path

from nextgenerp.overview.dashboard import DashboardView
from nextgenerp.overview.files import FileView
from nextgenerp.overview.health import HealthView, ReadinessView
from nextgenerp.overview.monitoring import MetricsView
from nextgenerp.overview.organization_stats import OrganizationStatsView
from nextgenerp.overview.reference import DocsView, OpenApiView, ReferenceView

urlpatterns = [
    path("", ReferenceView.as_view({"get": "show"})),
    path("openapi.json", OpenApiView.as_view({"get": "show"})),
    path("docs", DocsView.as_view({"get": "show"})),
    path("health", HealthView.as_view({"get": "show"})),
    path("health/ready", ReadinessView.as_view({"get": "show"})),
    path("metrics", MetricsView.as_view({"get": "show"})),
    path("organizations/my-organization/stats", OrganizationStatsView.as_view({"get": "show"})),
    path("dashboard/stats", DashboardView.as_view({"get": "stats"})),
    path("files/<str:id>", FileView.as_view({"get": "retrieve"})),
]
