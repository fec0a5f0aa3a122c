"""Products and stock."""

from inventory.api import views
from nextgenerp.core.api.routers import Router

router = Router()
router.register("inventory/products", views.ProductViewSet, basename="product")
urlpatterns = [*router.urls]
