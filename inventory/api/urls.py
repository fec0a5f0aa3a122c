"""Products and stock."""

from django.urls import path

from inventory.api import views
from nextgenerp.core.api.routers import Router

router = Router()
router.register("inventory/products", views.ProductViewSet, basename="product")
urlpatterns = [
    path("inventory/summary", views.SummaryView.as_view({"get": "retrieve"})),
    path("inventory/stock/in", views.StockView.as_view({"post": "stock_in"})),
    path("inventory/stock/out", views.StockView.as_view({"post": "stock_out"})),
    path("inventory/stock/adjust", views.StockView.as_view({"post": "adjust"})),
    path("inventory/stock/<str:productId>", views.StockView.as_view({"get": "list"})),
    *router.urls,
]
