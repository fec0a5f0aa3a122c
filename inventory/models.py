"""Products of a tenant and the ledger of their stock."""

from decimal import Decimal

from django.contrib.postgres.indexes import BrinIndex, GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from nextgenerp.core.documents.models import PERCENT, PRICE, QUANTITY, TaxMode, amount
from nextgenerp.core.models import Record
from nextgenerp.core.search import KEY_LENGTH, name_key, search_text
from nextgenerp.database.ids import new_id

HSN_SAC = r"^([0-9]{4}|[0-9]{6}|[0-9]{8})$"
HSN_SAC_NEEDED = "An HSN or SAC code has 4, 6 or 8 digits."
# A hundredth of a paisa; wider than a price, as a remainder of 0.001 may cost a rounded paisa.
COST = {"max_digits": 20, "decimal_places": 4}
HALF_COST = Decimal("0.00005")
SERVICES_DO_NOT = "Services have no stock."


def units(**options: object) -> models.DecimalField:
    """A column of a quantity."""
    return models.DecimalField(**QUANTITY, default=0, **options)  # type: ignore[arg-type]


def price(**options: object) -> models.DecimalField:
    """A column of a price of one unit."""
    return models.DecimalField(**PRICE, default=0, **options)  # type: ignore[arg-type]


def cost(**options: object) -> models.DecimalField:
    """A column of what a unit of stock cost."""
    return models.DecimalField(**COST, default=0, editable=False, **options)  # type: ignore[arg-type]


class Product(Record):
    """What is bought and sold. ``derive`` computes ``sku_key``, ``name_key`` and ``search_text``.

    The figures of its stock change with movements alone, and do not raise the version. ``average_cost`` is the stock's
    value by unit; when the last unit has gone it stays what it was. ``last_seq`` numbers its movements; ``last_value``
    and ``last_cost`` are of the last one, which the statement that moves stock hands from here to the ledger.
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
    reorder_level = units()
    is_active = models.BooleanField(default=True)
    on_hand = units(editable=False)
    reserved = units(editable=False)
    available = units(editable=False)
    stock_value = amount(editable=False)
    average_cost = cost()
    last_seq = models.PositiveBigIntegerField(default=0, editable=False)
    last_value = amount(editable=False)
    last_cost = cost()
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
            models.CheckConstraint(
                condition=Q(average_cost__gte=0)
                & (
                    Q(on_hand=0)
                    | Q(
                        stock_value__gte=F("on_hand") * (F("average_cost") - HALF_COST),
                        stock_value__lte=F("on_hand") * (F("average_cost") + HALF_COST),
                    )
                ),
                name="product_average_cost",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"

    def derive(self) -> None:
        """Compute the derived columns; whoever writes a product calls this before."""
        self.sku_key = name_key(self.sku)
        self.name_key = name_key(self.name)
        self.search_text = search_text(self.name, self.sku, self.category, self.hsn_sac)


class StockMovement(models.Model):
    """A line of the ledger of a product's stock: what came or went, what it was worth, what there was after it.

    Append-only by privilege. ``seq`` counts the movements of a product without a gap and is their order; ``date`` is
    what somebody says. ``incoming`` is there for the privilege: checking a foreign key locks rows, for which the role
    needs UPDATE on some column, and a generated one cannot be set (migration 0002).
    """

    class Type(models.TextChoices):
        OPENING = "opening"
        IN = "in"
        OUT = "out"
        ADJUST = "adjust"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    product = models.ForeignKey(Product, models.RESTRICT, db_index=False, related_name="movements")
    seq = models.PositiveBigIntegerField()
    type = models.CharField(max_length=7, choices=Type.choices)
    quantity = models.DecimalField(**QUANTITY)
    unit_cost = cost()
    value = amount()
    balance_after = units()
    value_after = amount()
    average_cost_after = cost()
    reason = models.CharField(max_length=200, blank=True)
    reference_type = models.CharField(max_length=40, blank=True)
    reference_id = models.UUIDField(null=True)
    reference_number = models.CharField(max_length=60, blank=True)
    date = models.DateField()
    created_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    incoming = models.GeneratedField(
        expression=Q(quantity__gt=0), output_field=models.BooleanField(), db_persist=True
    )

    class Meta:
        db_table = "stock_movement"
        indexes = [
            BrinIndex(fields=["created_at"], name="stock_movement_created"),
            models.Index(
                fields=["reference_id"],
                name="stock_movement_reference",
                condition=Q(reference_id__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["product", "seq"], name="stock_movement_seq"),
            models.CheckConstraint(
                condition=Q(type__in=["opening", "in", "out", "adjust"]), name="stock_movement_type"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, value__gte=0)
                | Q(quantity__lt=0, value__lte=0)
                | Q(quantity=0, value=0, type="adjust"),
                name="stock_movement_signs",
            ),
            models.CheckConstraint(
                condition=Q(balance_after__gte=0, value_after__gte=0)
                & (~Q(balance_after=0) | Q(value_after=0)),
                name="stock_movement_after",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq}: {self.quantity}"
