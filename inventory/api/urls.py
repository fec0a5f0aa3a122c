"""Products and stock."""

from django.urls import path

from inventory.api import views

ONE = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
urlpatterns = [
    path("inventory/summary", views.SummaryView.as_view({"get": "retrieve"})),
    path("inventory/products", views.ProductViewSet.as_view({"get": "list", "post": "create"})),
    path("inventory/products/export", views.ProductViewSet.as_view({"get": "export"})),
    path("inventory/products/import", views.ProductViewSet.as_view({"post": "import_file"})),
    path("inventory/products/<str:id>", views.ProductViewSet.as_view(ONE)),
    path("inventory/stock/in", views.StockView.as_view({"post": "stock_in"})),
    path("inventory/stock/out", views.StockView.as_view({"post": "stock_out"})),
    path("inventory/stock/adjust", views.StockView.as_view({"post": "adjust"})),
    path("inventory/stock/<str:productId>", views.StockView.as_view({"get": "list"})),
]
