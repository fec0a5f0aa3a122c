"""Leads and what belongs to them; paths with words come before those with ids."""

from django.urls import path

from crm.api import views
from nextgenerp.core.api.routers import Router

router = Router()
router.register("leads/meta/statuses", views.LeadStatusView, basename="lead-status")
router.register("leads/meta/sources", views.LeadSourceView, basename="lead-source")
router.register("leads/meta/tags", views.LeadTagView, basename="lead-tag")
router.register("leads", views.LeadViewSet, basename="lead")
urlpatterns = [
    path("leads/export", views.LeadViewSet.as_view({"get": "export"})),
    *router.urls,
]
