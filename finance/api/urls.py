"""Invoices, payments and expenses; paths with words come before those with ids."""

from nextgenerp.core.api.routers import Router

router = Router()
urlpatterns = [*router.urls]
