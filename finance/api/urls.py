"""Invoices, payments and expenses; paths with words come before those with ids."""

from django.urls import path

from finance.api import views
from nextgenerp.core.api.routers import Router

router = Router()
router.register("finance/expenses", views.ExpenseViewSet, basename="expense")
urlpatterns = [
    path("finance/expenses/export", views.ExpenseViewSet.as_view({"get": "export"})),
    *router.urls,
]
