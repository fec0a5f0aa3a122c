"""Products and their stock, over HTTP."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.response import Response

from inventory import selectors
from inventory.api.filters import MovementFilter, ProductFilter
from inventory.api.serializers import (
    MovementSerializer,
    NewProductSerializer,
    ProductSerializer,
    StockAdjustSerializer,
    StockInSerializer,
    StockOutSerializer,
    SummarySerializer,
)
from inventory.imports import ProductImport
from inventory.models import Product, StockMovement
from inventory.services import products, stock
from nextgenerp.core.api.answers import Answer
from nextgenerp.core.api.csv_export import ExportColumn
from nextgenerp.core.api.imports import IMPORT_ANSWERS, IMPORT_BODIES, ImportMixin
from nextgenerp.core.api.resources import ExportMixin, ListMixin, ResourceView, ResourceViewSet
from nextgenerp.core.api.views import ApiView
from nextgenerp.core.exceptions import NotFound
from nextgenerp.database.ids import parse_id

MODULE, FEATURE = "Inventory", "inventory"
MOVED = Answer(MovementSerializer, status=201)


class ProductViewSet(ImportMixin, ExportMixin, ResourceViewSet):
    """What a tenant buys and sells."""

    permission_module = MODULE
    feature = FEATURE
    limits = {"create": products.LIMIT, "import_file": products.LIMIT}
    import_resource = ProductImport
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
    bodies = {"create": NewProductSerializer, **IMPORT_BODIES}
    answers = IMPORT_ANSWERS
    export_name = "products"
    export_columns = (
        ExportColumn("sku", "sku"),
        ExportColumn("name", "name"),
        ExportColumn("type", "type"),
        ExportColumn("category", "category"),
        ExportColumn("unit", "unit"),
        ExportColumn("hsnSac", "hsn_sac"),
        ExportColumn("gstRate", "gst_rate"),
        ExportColumn("salePrice", "sale_price"),
        ExportColumn("purchasePrice", "purchase_price"),
        ExportColumn("taxMode", "tax_mode"),
        ExportColumn("trackStock", "track_stock"),
        ExportColumn("reorderLevel", "reorder_level"),
        ExportColumn("onHand", "on_hand"),
        ExportColumn("reserved", "reserved"),
        ExportColumn("available", "available"),
        ExportColumn("averageCost", "average_cost"),
        ExportColumn("stockValue", "stock_value"),
        ExportColumn("isActive", "is_active"),
        ExportColumn("createdAt", "created_at"),
        ExportColumn("updatedAt", "updated_at"),
    )

    def create(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Make a product; ``openingStock`` of it is opened with a movement at ``openingCost``, by default the
        purchase price."""
        values = self.validated(NewProductSerializer)
        opening = {name: values.pop(name) for name in ("opening_stock", "opening_cost")}
        product = products.create_product(values, actor=self.actor, **opening)
        return self.answer(product, status=201, location=f"{request.path}/{product.pk}")

    def update_record(self, instance: Product, values: dict[str, Any]) -> Product:
        return products.update_product(instance, values, actor=self.actor)

    def delete_record(self, instance: Product) -> None:
        products.delete_product(instance, actor=self.actor)


class StockView(ListMixin, ResourceView):
    """Movements of a product's stock: made by hand, and listed, the newest first."""

    permission_module = MODULE
    permission_actions = {"stock_in": "canCreate", "stock_out": "canCreate", "adjust": "canCreate"}
    feature = FEATURE
    queryset = StockMovement.objects.all()
    serializer_class = MovementSerializer
    filterset_class = MovementFilter
    sort_fields = {"seq": "seq"}
    default_sort = "-seq"
    lookup_url_kwarg = "productId"
    bodies = {
        "stock_in": StockInSerializer, "stock_out": StockOutSerializer, "adjust": StockAdjustSerializer,
    }  # fmt: skip
    answers = {"stock_in": MOVED, "stock_out": MOVED, "adjust": MOVED}

    def stock_in(self, request: Any) -> Response:
        """Add stock of a product."""
        return self.moved(stock.stock_in(**self.validated(StockInSerializer), actor=self.actor))

    def stock_out(self, request: Any) -> Response:
        """Take stock of a product that nobody has reserved; more is refused with the figures."""
        return self.moved(stock.stock_out(**self.validated(StockOutSerializer), actor=self.actor))

    def adjust(self, request: Any) -> Response:
        """Set a product's stock right, to what was counted or by a difference; not below what is reserved."""
        return self.moved(stock.adjust_stock(**self.validated(StockAdjustSerializer), actor=self.actor))

    def moved(self, movement: StockMovement) -> Response:
        return self.answer(movement, status=201, location=f"/inventory/stock/{movement.product_id}")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(product=self.product)

    def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        identifier = parse_id(kwargs[self.lookup_url_kwarg])
        self.product = Product.objects.filter(pk=identifier).only("last_seq").first() if identifier else None
        if self.product is None:
            raise NotFound
        return super().list(request)

    def total(self, queryset: QuerySet) -> int:
        """The exact number of movements; their numbers have no gaps, so that the last one counts them all."""
        narrowed = any(name in self.request.GET for name in MovementFilter.base_filters)
        return queryset.count() if narrowed else self.product.last_seq


class SummaryView(ApiView):
    """Products and stock in figures."""

    permission_module = MODULE
    feature = FEATURE
    answers = {"retrieve": Answer(SummarySerializer)}

    def retrieve(self, request: Any) -> Response:
        return Response(selectors.stock_summary())
