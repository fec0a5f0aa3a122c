"""The table of contents: a line per app."""

from django.contrib import admin
from django.urls import include, path

admin.site.final_catch_all_view = False  # what is not there is a 404, not a redirect to the log-in
urlpatterns = [
    path("", include("nextgenerp.overview.urls")),
    path("", include("nextgenerp.core.api.urls")),
    path("", include("nextgenerp.mail.api.urls")),
    path("", include("accounts.api.urls")),
    path("", include("crm.api.urls")),
    path("", include("inventory.api.urls")),
    path(
        "", include("sales.api.urls")
    ),  # before finance: /finance/invoices/from-sales-order is no id of an invoice
    path("", include("finance.api.urls")),
    path("admin/", admin.site.urls),
]
handler400 = "nextgenerp.core.api.handlers.bad_request"
handler403 = "nextgenerp.core.api.handlers.permission_denied"
handler404 = "nextgenerp.core.api.handlers.page_not_found"
handler500 = "nextgenerp.core.api.handlers.server_error"
