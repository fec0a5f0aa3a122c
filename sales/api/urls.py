"""Sales settings and the three sales documents; paths with words come before those with ids."""

from django.urls import path

from nextgenerp.core.api.routers import Router
from sales.api.views import meta, settings, statuses

router = Router()
router.register(
    "sales-settings/quotation-statuses", statuses.QuotationStatusViewSet, basename="quotation-status"
)
router.register("sales-settings/pi-statuses", statuses.ProformaInvoiceStatusViewSet, basename="pi-status")
router.register("sales-settings/so-statuses", statuses.SalesOrderStatusViewSet, basename="so-status")
router.register("sales-settings/bank-accounts", settings.BankAccountViewSet, basename="bank-account")
router.register("sales-settings/terms-templates", settings.TermsTemplateViewSet, basename="terms-template")

META = {
    "quotations": meta.QuotationMetaView,
    "proforma-invoices": meta.ProformaInvoiceMetaView,
    "sales-orders": meta.SalesOrderMetaView,
}

urlpatterns = [
    path(
        "sales-settings/company-profile",
        settings.CompanyView.as_view({"get": "retrieve", "patch": "partial_update"}),
    ),
    *(
        path(f"{documents}/meta/{words}", view.as_view({"get": words.replace("-", "_")}))
        for documents, view in META.items()
        for words in ("statuses", "bank-accounts", "terms-templates")
    ),
    *router.urls,
]
