"""Products and stock."""

from nextgenerp.core.api.routers import Router

router = Router()
urlpatterns = [*router.urls]
