"""Products made, changed and deleted: the API, sales and demo data come through here."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory.models import Product, StockMovement
from inventory.services.ledger import ZERO, Move, write_movements
from nextgenerp.core import entitlements, history
from nextgenerp.core.documents.rates import check_rate
from nextgenerp.core.exceptions import Conflict, Duplicate, InUse, Invalid
from nextgenerp.core.records import count_references
from nextgenerp.core.tenancy import Actor, tenant_today

LIMIT = "products"
NAMED_BY = {"sku", "name", "category", "hsn_sac"}
DERIVED = ("sku_key", "name_key", "search_text")


@transaction.atomic
def create_product(
    values: dict[str, Any],
    *,
    actor: Actor,
    opening_stock: Decimal = ZERO,
    opening_cost: Decimal | None = None,
) -> Product:
    """Store a new product with the movement that opens its stock; takes the counter's lock.

    The opening costs the purchase price unless told otherwise; the GST rate is one of today's. Raises Invalid,
    Duplicate and LimitReached.
    """
    is_service = values.get("type") == Product.Type.SERVICE
    product = Product(**{"track_stock": not is_service, "average_cost": opening_cost or ZERO, **values})
    refuse_tracked_service(product)
    check_rate(product.gst_rate, tenant_today())
    if opening_stock and not product.track_stock:
        raise Invalid.field("openingStock", "not_tracked", "The stock of this product is not tracked.")
    product.derive()
    refuse_taken_sku(product)
    entitlements.claim(LIMIT)
    product.save(force_insert=True)
    history.record(product, "created", actor=actor)
    if opening_stock:
        move = Move(product.id, opening_stock, unit_cost=opening_cost)
        moved = write_movements([move], type=StockMovement.Type.OPENING, actor=actor)
        show_stock(product, moved[product.id])
    return product


def show_stock(product: Product, movement: StockMovement) -> None:
    """Give a product in memory the figures its last movement left; nothing of it is reserved."""
    product.on_hand = product.available = movement.balance_after
    product.stock_value = movement.value_after
    product.average_cost = movement.average_cost_after
    product.last_seq = movement.seq
    product.last_value = movement.value
    product.last_cost = movement.unit_cost


@transaction.atomic
def update_product(product: Product, values: dict[str, Any], *, actor: Actor) -> Product:
    """Store what differs, raise the version and write the history; the caller holds the row lock.

    What becomes a service is not tracked any longer; a new GST rate is one of today's. Raises Invalid, Duplicate, and
    Conflict where stock is left.
    """
    values = dict(values)
    if values.get("type") == Product.Type.SERVICE:
        values.setdefault("track_stock", False)
    changes = history.changed(product, values)
    if not changes:
        return product
    refuse_tracked_service(product)
    if "gst_rate" in changes:
        check_rate(product.gst_rate, tenant_today())
    if not product.track_stock and product.on_hand:
        raise Conflict(
            "Stock is tracked until there is none left.", onHand=product.on_hand, reserved=product.reserved
        )
    written = list(changes)
    if NAMED_BY & changes.keys():
        product.derive()
        refuse_taken_sku(product)
        written += DERIVED
    product.version += 1
    product.save(update_fields=[*written, "version", "updated_at"])
    history.record(product, "updated", actor=actor, changes=changes)
    return product


@transaction.atomic
def delete_product(product: Product, *, actor: Actor) -> None:
    """Delete a product without movements and documents; the caller holds the row lock. Raises InUse with counts."""
    counts = count_references(product)
    if counts:
        raise InUse(
            "There are movements or documents of this product. Make it inactive instead.", counts=counts
        )
    history.record(product, "deleted", actor=actor)
    product.delete()
    entitlements.release(LIMIT)


def refuse_tracked_service(product: Product) -> None:
    if product.type == Product.Type.SERVICE and product.track_stock:
        raise Invalid.field("trackStock", "invalid", "Services have no stock.")


def refuse_taken_sku(product: Product) -> None:
    """Name the product that has this SKU; the constraint refuses one that comes in between. Raises Duplicate."""
    other = Product.objects.filter(sku_key=product.sku_key).exclude(pk=product.pk).only("id", "sku").first()
    if other is not None:
        raise Duplicate("There is a product with this SKU.", existing={"id": other.id, "sku": other.sku})
