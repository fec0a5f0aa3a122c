"""Products and their stock, over HTTP."""

from typing import Any

from inventory import selectors
from inventory.api.filters import ProductFilter
from inventory.api.serializers import ProductSerializer
from inventory.models import Product
from inventory.services import products
from nextgenerp.core.api.resources import ResourceViewSet


class ProductViewSet(ResourceViewSet):
    """What a tenant buys and sells."""

    permission_module = "Inventory"
    feature = "inventory"
    limits = {"create": products.LIMIT}
    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    filterset_class = ProductFilter
    search = selectors.search_products
    counted = products.LIMIT
    sort_fields = {
        "createdAt": "created_at",
        "name": "name_key",
        "sku": "sku_key",
        "onHand": "on_hand",
        "stockValue": "stock_value",
    }

    def create_record(self, values: dict[str, Any]) -> Product:
        return products.create_product(values, actor=self.actor)

    def update_record(self, instance: Product, values: dict[str, Any]) -> Product:
        return products.update_product(instance, values, actor=self.actor)

    def delete_record(self, instance: Product) -> None:
        products.delete_product(instance, actor=self.actor)
