"""Invoices, payments and expenses; paths with words come before those with ids."""

from django.urls import path

from finance.api.views.expenses import ExpenseViewSet
from finance.api.views.invoices import InvoiceViewSet
from finance.api.views.summary import SummaryView
from nextgenerp.core.api.routers import Router

router = Router()
router.register("finance/invoices", InvoiceViewSet, basename="invoice")
router.register("finance/expenses", ExpenseViewSet, basename="expense")
INVOICE = "finance/invoices/<id>"
urlpatterns = [
    path("finance/summary", SummaryView.as_view({"get": "show"})),
    path("finance/invoices/export", InvoiceViewSet.as_view({"get": "export"})),
    path(f"{INVOICE}/status", InvoiceViewSet.as_view({"patch": "change_status"})),
    path(f"{INVOICE}/payments", InvoiceViewSet.as_view({"get": "payments", "post": "record_payment"})),
    path(f"{INVOICE}/payments/<paymentId>/reverse", InvoiceViewSet.as_view({"post": "reverse_payment"})),
    path("finance/expenses/export", ExpenseViewSet.as_view({"get": "export"})),
    *router.urls,
]
