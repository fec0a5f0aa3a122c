"""Products of a tenant and the ledger of their stock."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from crm.normal import KEY_LENGTH, name_key, search_text
from nextgenerp.core.documents.models import PERCENT, PRICE, QUANTITY, TaxMode, amount
from nextgenerp.core.models import Record

HSN_SAC = r"^([0-9]{4}|[0-9]{6}|[0-9]{8})$"
HSN_SAC_NEEDED = "An HSN or SAC code has 4, 6 or 8 digits."
# A hundredth of a paisa; wider than a price, as a remainder of 0.001 may cost a rounded paisa.
COST = {"max_digits": 20, "decimal_places": 4}
SERVICES_DO_NOT = "Services have no stock."


def quantity(**options: object) -> models.DecimalField:
    """A column of a quantity."""
    return models.DecimalField(**QUANTITY, default=0, **options)  # type: ignore[arg-type]


def price(**options: object) -> models.DecimalField:
    """A column of a price of one unit."""
    return models.DecimalField(**PRICE, default=0, **options)  # type: ignore[arg-type]


class Product(Record):
    """What is bought and sold. ``derive`` computes ``sku_key``, ``name_key`` and ``search_text``.

    The figures of its stock change with movements alone, and do not raise the version. ``average_cost`` is the stock's
    value by unit; when the last unit has gone it stays what it was.
    """

    class Type(models.TextChoices):
        GOODS = "goods"
        SERVICE = "service"

    sku = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=7, choices=Type.choices, default=Type.GOODS)
    category = models.CharField(max_length=100, blank=True)
    unit = models.CharField(max_length=20, default="NOS")
    hsn_sac = models.CharField(max_length=8, blank=True, validators=[RegexValidator(HSN_SAC, HSN_SAC_NEEDED)])
    gst_rate = models.DecimalField(**PERCENT, default=0)
    sale_price = price()
    purchase_price = price()
    tax_mode = models.CharField(max_length=9, choices=TaxMode.choices, default=TaxMode.EXCLUSIVE)
    track_stock = models.BooleanField(default=True)
    reorder_level = quantity()
    is_active = models.BooleanField(default=True)
    on_hand = quantity(editable=False)
    reserved = quantity(editable=False)
    available = quantity(editable=False)
    stock_value = amount(editable=False)
    average_cost = models.DecimalField(**COST, default=0, editable=False)
    sku_key = models.CharField(max_length=KEY_LENGTH, editable=False, db_collation="C")
    name_key = models.CharField(max_length=KEY_LENGTH, editable=False, db_collation="C")
    search_text = models.TextField(editable=False)

    class Meta:
        db_table = "product"
        indexes = [
            models.Index(fields=["created_at", "id"], name="product_created"),
            models.Index(fields=["name_key", "id"], name="product_name"),
            models.Index(fields=["on_hand", "id"], name="product_on_hand"),
            models.Index(fields=["stock_value", "id"], name="product_stock_value"),
            GinIndex(OpClass(F("search_text"), "gin_trgm_ops"), name="product_search"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["sku_key"], name="product_sku",
                violation_error_message="There is a product with this SKU.",
            ),
            models.CheckConstraint(condition=Q(type__in=["goods", "service"]), name="product_type"),
            models.CheckConstraint(condition=Q(tax_mode__in=["exclusive", "inclusive"]), name="product_tax_mode"),
            models.CheckConstraint(
                condition=Q(hsn_sac="") | Q(hsn_sac__regex=HSN_SAC), name="product_hsn_sac",
                violation_error_message=HSN_SAC_NEEDED,
            ),
            models.CheckConstraint(condition=Q(gst_rate__gte=0, gst_rate__lte=100), name="product_gst_rate"),
            models.CheckConstraint(
                condition=Q(sale_price__gte=0, purchase_price__gte=0, reorder_level__gte=0),
                name="product_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(type="goods") | Q(track_stock=False), name="product_service_untracked",
                violation_error_message=SERVICES_DO_NOT,
            ),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="product_on_hand_not_negative"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("on_hand")), name="product_reserved_is_there"
            ),
            models.CheckConstraint(
                condition=Q(available=F("on_hand") - F("reserved")), name="product_available"
            ),
            models.CheckConstraint(
                condition=Q(stock_value__gt=0) & ~Q(on_hand=0) | Q(stock_value=0), name="product_value_of_stock"
            ),
            models.CheckConstraint(
                condition=Q(track_stock=True) | Q(on_hand=0), name="product_untracked_is_empty",
                violation_error_message="Stock is tracked until there is none left.",
            ),
            models.CheckConstraint(condition=Q(average_cost__gte=0), name="product_average_cost"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"

    def derive(self) -> None:
        """Compute the derived columns; whoever writes a product calls this before."""
        self.sku_key = name_key(self.sku)
        self.name_key = name_key(self.name)
        self.search_text = search_text(self.name, self.sku, self.category, self.hsn_sac)
