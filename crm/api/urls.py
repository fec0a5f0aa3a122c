"""Leads and what belongs to them, customers and deals; paths with words come before those with ids."""

from django.urls import path

from crm.api.views import (
    activities,
    analytics,
    board,
    conversion,
    customers,
    deals,
    duplicates,
    lead_words,
    leads,
)
from nextgenerp.core.api.routers import Router

ONE = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
router = Router()
router.register("leads/meta/statuses", lead_words.LeadStatusView, basename="lead-status")
router.register("leads/meta/sources", lead_words.LeadSourceView, basename="lead-source")
router.register("leads/meta/tags", lead_words.LeadTagView, basename="lead-tag")
router.register("leads/meta/companies", lead_words.LeadCompanyView, basename="lead-company")
router.register("leads/meta/assignees", lead_words.LeadAssigneeView, basename="lead-assignee")
router.register("leads", leads.LeadViewSet, basename="lead")
router.register("deals", deals.DealViewSet, basename="deal")
urlpatterns = [
    path("leads/export", leads.LeadViewSet.as_view({"get": "export"})),
    path("leads/analytics", analytics.LeadAnalyticsView.as_view({"get": "analytics"})),
    path("leads/kanban", board.LeadBoardView.as_view({"get": "kanban"})),
    path("leads/duplicates", duplicates.LeadDuplicatesView.as_view({"get": "list"})),
    *router.urls,
    path("leads/<str:id>/merge", duplicates.LeadMergeView.as_view({"post": "merge"})),
    path("leads/<str:id>/convert", conversion.LeadConversionView.as_view({"post": "convert"})),
    path("customers/export", customers.CustomerViewSet.as_view({"get": "export"})),
    path("customers/import", customers.CustomerViewSet.as_view({"post": "import_file"})),
    path("customers", customers.CustomerViewSet.as_view({"get": "list", "post": "create"})),
    path("customers/<str:id>", customers.CustomerViewSet.as_view(ONE)),
    path("leads/<str:id>/status", board.LeadBoardView.as_view({"patch": "move"})),
    path("leads/<str:id>/tags", lead_words.LeadTaggingView.as_view({"post": "add"})),
    path("leads/<str:id>/tags/<str:tagId>", lead_words.LeadTaggingView.as_view({"delete": "remove"})),
    path(
        "leads/<str:id>/activities",
        activities.LeadActivityView.as_view({"get": "activities", "post": "plan"}),
    ),
    path(
        "leads/<str:id>/activities/<str:activityId>",
        activities.LeadActivityView.as_view({"patch": "change"}),
    ),
]
