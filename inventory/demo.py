"""Plainly invented products for a demo tenant; ``seed_demo`` comes through here, as often as it likes."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory.models import Product
from inventory.services import stock
from inventory.services.ledger import Reference
from inventory.services.products import create_product
from nextgenerp.core.search import name_key
from nextgenerp.core.tenancy import Actor

NAMES = (
    "sku",
    "name",
    "category",
    "unit",
    "hsn_sac",
    "gst_rate",
    "sale_price",
    "purchase_price",
    "reorder_level",
)
# The columns above, then how many there are at the beginning: of some few, of one none.
GOODS = (
    ("DEMO-CABLE-15", "Demo cable 1.5 mm²", "Demo cables", "MTR", "85444999", "18", "24.50", "17.80", "500", "2400"),
    ("DEMO-CABLE-40", "Demo cable 4 mm²", "Demo cables", "MTR", "85444999", "18", "61", "45.25", "300", "950"),
    ("DEMO-MCB-16", "Demo breaker 16 A", "Demo switches", "NOS", "85362030", "18", "245", "172.5", "40", "120"),
    ("DEMO-MCB-32", "Demo breaker 32 A", "Demo switches", "NOS", "85362030", "18", "295", "208", "40", "25"),
    ("DEMO-BOX-8", "Demo distribution box", "Demo switches", "NOS", "85381010", "18", "1450", "1020", "10", "0"),
    ("DEMO-LED-9", "Demo LED lamp 9 W", "Demo lighting", "NOS", "85395200", "18", "110", "68.4", "100", "640"),
    ("DEMO-LED-20", "डेमो एलईडी बैटन 20 W", "Demo lighting", "NOS", "94054090", "18", "340", "231", "50", "48"),
    ("DEMO-PIPE-25", "Demo conduit pipe 25 mm", "Demo fittings", "MTR", "39172390", "18", "38", "26.1", "200", "1100"),
    ("DEMO-TAPE", "Demo insulation tape", "Demo fittings", "ROL", "39191000", "18", "18", "9.75", "150", "900"),
    ("DEMO-SOLAR", "Demo solar panel 540 W", "Demo solar", "NOS", "85414300", "5", "14200", "11350", "6", "14"),
)  # fmt: skip
SERVICES = (
    ("DEMO-FIT", "Demo installation, a day", "Demo services", "DAY", "998734", "18", "3500"),
    ("DEMO-AMC", "Demo maintenance contract, a year", "Demo services", "NOS", "998719", "18", "24000"),
)
BILL, SAMPLE = Reference("manual", number="DEMO-BILL-1"), Reference("manual", number="Demo fair")


@transaction.atomic
def seed(actor: Actor) -> int:
    """Make the demo products that are missing, with some movements; returns how many were made."""
    rows = [goods(row) for row in GOODS] + [(service(row), None) for row in SERVICES]
    keys = [name_key(values["sku"]) for values, _ in rows]
    present = set(Product.objects.filter(sku_key__in=keys).values_list("sku_key", flat=True))
    made = [
        make(values, opening, actor)
        for key, (values, opening) in zip(keys, rows, strict=True)
        if key not in present
    ]
    return len(made)


def goods(row: tuple[str, ...]) -> tuple[dict[str, Any], Decimal]:
    *texts, opening = row
    values: dict[str, Any] = dict(zip(NAMES, texts, strict=True))
    return values | {name: Decimal(values[name]) for name in NAMES[5:]}, Decimal(opening)


def service(row: tuple[str, ...]) -> dict[str, Any]:
    values: dict[str, Any] = dict(zip(NAMES, row, strict=False))
    return (
        values
        | {name: Decimal(values[name]) for name in ("gst_rate", "sale_price")}
        | {"type": Product.Type.SERVICE}
    )


def make(values: dict[str, Any], opening: Decimal | None, actor: Actor) -> Product:
    """A demo product; of most that have stock a tenth more is bought, a little dearer, and one goes as a sample."""
    product = create_product(values, actor=actor, opening_stock=opening or Decimal(0))
    if opening and opening > 100:
        dearer = values["purchase_price"] * Decimal("1.04")
        more = (opening / 10).quantize(Decimal(1))
        stock.stock_in(
            product.id, more, unit_cost=dearer, reason="Demo purchase", reference=BILL, actor=actor
        )
        stock.stock_out(product.id, Decimal(1), reason="sample", reference=SAMPLE, actor=actor)
    return product
