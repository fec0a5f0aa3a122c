"""What belongs to no app: imports, whatever they bring."""

from nextgenerp.core.api.imports import ImportView
from nextgenerp.core.api.routers import Router

router = Router()
router.register("imports", ImportView, basename="import")
urlpatterns = router.urls
