"""Sales settings and the three sales documents; paths with words come before those with ids."""

from django.urls import path

from nextgenerp.core.api.routers import Router
from sales.api.views import (
    calculation,
    meta,
    numbering,
    proforma_invoices,
    quotations,
    sales_orders,
    settings,
    statuses,
)

DOCUMENTS = {
    "quotations": quotations.QuotationViewSet,
    "proforma-invoices": proforma_invoices.ProformaInvoiceViewSet,
    "sales-orders": sales_orders.SalesOrderViewSet,
}
router = Router()
router.register(
    "sales-settings/quotation-statuses", statuses.QuotationStatusViewSet, basename="quotation-status"
)
router.register("sales-settings/pi-statuses", statuses.ProformaInvoiceStatusViewSet, basename="pi-status")
router.register("sales-settings/so-statuses", statuses.SalesOrderStatusViewSet, basename="so-status")
router.register("sales-settings/bank-accounts", settings.BankAccountViewSet, basename="bank-account")
router.register("sales-settings/terms-templates", settings.TermsTemplateViewSet, basename="terms-template")
router.register(
    "sales-settings/numbering-series", numbering.NumberingSeriesViewSet, basename="numbering-series"
)
for prefix, viewset in DOCUMENTS.items():
    router.register(prefix, viewset, basename=prefix)

META = {
    "quotations": meta.QuotationMetaView,
    "proforma-invoices": meta.ProformaInvoiceMetaView,
    "sales-orders": meta.SalesOrderMetaView,
}

urlpatterns = [
    path("sales/calculate", calculation.CalculationView.as_view({"post": "calculate"})),
    path(
        "sales-settings/numbering-series/<str:id>/register",
        numbering.NumberRegisterView.as_view({"get": "register"}),
    ),
    path(
        "sales-settings/company-profile",
        settings.CompanyView.as_view({"get": "retrieve", "patch": "partial_update"}),
    ),
    *(
        path(f"{documents}/meta/{words}", view.as_view({"get": words.replace("-", "_")}))
        for documents, view in META.items()
        for words in ("statuses", "bank-accounts", "terms-templates")
    ),
    *(path(f"{prefix}/export", viewset.as_view({"get": "export"})) for prefix, viewset in DOCUMENTS.items()),
    *(
        path(f"{prefix}/<str:id>/pdf", viewset.as_view({"get": "pdf"}))
        for prefix, viewset in DOCUMENTS.items()
    ),
    *(
        path(f"{prefix}/from-quotation", DOCUMENTS[prefix].as_view({"post": "from_quotation"}))
        for prefix in ("proforma-invoices", "sales-orders")
    ),
    path("sales-orders/from-pi", sales_orders.SalesOrderViewSet.as_view({"post": "from_pi"})),
    path(
        "proforma-invoices/<str:id>/payments",
        proforma_invoices.ProformaInvoiceViewSet.as_view({"get": "payments", "post": "record_payment"}),
    ),
    path(
        "proforma-invoices/<str:id>/payments/<str:paymentId>/reverse",
        proforma_invoices.ProformaInvoiceViewSet.as_view({"post": "reverse_payment"}),
    ),
    path(
        "sales-orders/<str:id>/deliveries",
        sales_orders.SalesOrderViewSet.as_view({"get": "deliveries", "post": "record_delivery"}),
    ),
    path(
        "sales-orders/<str:id>/deliveries/<str:deliveryId>/cancel",
        sales_orders.SalesOrderViewSet.as_view({"post": "cancel_delivery"}),
    ),
    path(
        "finance/invoices/from-sales-order",
        sales_orders.InvoiceFromSalesOrderView.as_view({"post": "create"}),
    ),
    path("leads/<str:id>/quotations", quotations.QuotationsOfLeadView.as_view({"get": "list"})),
    *router.urls,
]
