"""Products as the import engine takes them: their columns, what a row must have, what makes it a duplicate."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from uuid import UUID

from inventory.models import HSN_SAC, HSN_SAC_NEEDED, Product
from inventory.services.product_batches import create_products, find_products, update_products
from inventory.services.products import LIMIT
from nextgenerp.core.documents.models import TaxMode
from nextgenerp.core.documents.rates import rates_on
from nextgenerp.core.imports.mapping import Column
from nextgenerp.core.imports.resources import ImportResource, RowProblem, Values
from nextgenerp.core.imports.values import (
    ValueProblem,
    choice_lookup,
    parse_boolean,
    parse_choice,
    parse_decimal,
    parse_money,
    parse_text,
)  # fmt: skip
from nextgenerp.core.search import name_key
from nextgenerp.core.tenancy import tenant_today

IS_HSN_SAC = re.compile(HSN_SAC)
TYPES = choice_lookup(
    [*Product.Type.choices, ("goods", "product"), ("goods", "item"), ("service", "services")]
)
TAX_MODES = choice_lookup(TaxMode.choices)
HUNDRED = Decimal(100)
# Plain texts: the field, how much it holds, what else its column is called.
TEXTS: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("sku", 60, ("item code", "product code", "stock keeping unit", "part no", "part number", "article no")),
    ("name", 200, ("product", "product name", "item", "item name", "title", "नाम", "उत्पाद")),
    ("category", 100, ("group", "item group", "product group", "product category", "श्रेणी")),
    ("unit", 20, ("uom", "units", "unit of measure", "unit of measurement", "इकाई")),
)
HSN_SACS = ("hsn", "sac", "hsn code", "sac code", "hsn or sac", "hsn sac code")
GST_RATES = ("gst", "gst %", "gst rate %", "tax", "tax %", "tax rate", "tax rate %")
SALE_PRICES = ("price", "rate", "selling price", "sales price", "sale rate", "unit price", "mrp", "मूल्य")
PURCHASE_PRICES = ("cost", "cost price", "buying price", "purchase rate", "unit cost")
REORDER_LEVELS = (
    "reorder point",
    "reorder quantity",
    "minimum stock",
    "min stock",
    "minimum quantity",
    "min qty",
)
# An export's figures open the stock of whoever does not have the product yet.
OPENING_STOCKS = (
    "on hand", "opening quantity", "opening qty", "opening balance", "stock", "in stock", "current stock", "quantity",
    "qty", "मात्रा",
)  # fmt: skip
OPENING_COSTS = ("average cost", "opening rate", "opening price")
SERVICE = RowProblem("trackStock", "invalid", "Services have no stock.")
NOT_TRACKED = RowProblem("openingStock", "not_tracked", "The stock of this product is not tracked.")
NOT_EMPTY = RowProblem("trackStock", "conflict", "Stock is tracked until there is none left.")


class ProductImport(ImportResource):
    """Products. ``openingStock`` and ``openingCost`` open the stock of new ones; of others it stays as it is.

    A row with an SKU is found by it, one without by its name, unless ``matchOn`` names one of the two alone.
    """

    model = Product
    module = "Inventory"
    limit = LIMIT
    keys = ("sku", "name")
    locked: Mapping[
        UUID, tuple[str, bool, Decimal]
    ]  # type, trackStock and onHand of what ``find`` has locked

    def load(self) -> None:
        self.rates = set(rates_on(tenant_today())) | {Decimal(0)}

    def columns(self) -> Sequence[Column]:
        price = partial(parse_money, max_digits=15, scale=4)
        return [
            *(Column(name, partial(parse_text, max_length=most), aliases) for name, most, aliases in TEXTS),
            Column("type", partial(parse_choice, lookup=TYPES), ("product type", "item type", "प्रकार")),
            Column("hsnSac", parse_hsn_sac, HSN_SACS),
            Column("gstRate", self.parse_rate, GST_RATES),
            Column("salePrice", price, SALE_PRICES),
            Column("purchasePrice", price, PURCHASE_PRICES),
            Column("taxMode", partial(parse_choice, lookup=TAX_MODES), ("tax type",)),
            Column("trackStock", parse_boolean, ("track inventory", "maintain stock", "stock item")),
            Column("reorderLevel", parse_decimal, REORDER_LEVELS),
            Column("openingStock", parse_decimal, OPENING_STOCKS),
            Column("openingCost", price, OPENING_COSTS),
            Column("isActive", parse_boolean, ("active", "enabled")),
        ]

    def parse_rate(self, text: str) -> Decimal:
        rate = parse_decimal(text, max_digits=6, maximum=HUNDRED, percent=True)
        if rate not in self.rates:
            raise ValueProblem("invalid_rate", f"GST is not charged at {rate.normalize():f} %.")
        return rate

    def check(self, values: Values) -> list[RowProblem]:
        """Hold services to having no stock."""
        if values.get("type") == Product.Type.SERVICE and values.setdefault("trackStock", False):
            return [SERVICE]
        return []

    def check_new(self, values: Values) -> list[RowProblem]:
        problems = [
            RowProblem(name, "required", "This is required.")
            for name in ("sku", "name")
            if name not in values
        ]
        if values.get("openingStock") and not values.get("trackStock", True):
            problems.append(NOT_TRACKED)
        return problems

    def check_update(self, record_id: UUID, values: Values) -> list[RowProblem]:
        kind, tracked, on_hand = self.locked[record_id]
        kind, tracked = values.get("type", kind), values.get("trackStock", tracked)
        if kind == Product.Type.SERVICE and tracked:
            return [SERVICE]
        return [NOT_EMPTY] if on_hand and not tracked else []

    def keys_of(self, values: Values) -> list[str]:
        for key in self.keys:
            if key in self.options.match_on and key in values:
                return [f"{key}:{name_key(values[key])}"]
        return []

    def unique_keys_of(self, values: Values) -> Mapping[str, str]:
        return {f"sku:{name_key(values['sku'])}": "sku"} if "sku" in values else {}

    def find(self, keys: Iterable[str], *, lock: bool) -> dict[str, set[UUID]]:
        wanted: dict[str, list[str]] = {"sku": [], "name": []}
        for key in keys:
            kind, _, value = key.partition(":")
            wanted[kind].append(value)
        found = find_products(wanted["sku"], wanted["name"])
        if lock and found:
            ids = set().union(*found.values())
            rows = Product.objects.filter(id__in=ids).order_by("id").select_for_update(no_key=True)
            self.locked = {
                row[0]: row[1:] for row in rows.values_list("id", "type", "track_stock", "on_hand")
            }
            found = {key: ids & self.locked.keys() for key, ids in found.items()}
        return found

    def create(self, records: Mapping[UUID, Values], first_number: int) -> None:
        create_products(records, actor=self.actor)

    def update(self, records: Mapping[UUID, Values]) -> None:
        update_products(records, actor=self.actor, import_id=self.batch.id)


def parse_hsn_sac(text: str) -> str:
    """An HSN or SAC code, with or without points and blanks between its digits."""
    code = re.sub(r"[\s.]", "", text)
    if not IS_HSN_SAC.match(code):
        raise ValueProblem("invalid", HSN_SAC_NEEDED)
    return code
