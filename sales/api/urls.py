"""Sales settings and the three sales documents; paths with words come before those with ids."""

from nextgenerp.core.api.routers import Router

router = Router()
urlpatterns = [*router.urls]
