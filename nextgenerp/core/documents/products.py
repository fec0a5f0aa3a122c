"""Products as documents see them: the one place where the kernel asks the app above it for a model.

A line names a product by a foreign key given as a string; what is read here are its columns ``name``, ``hsn_sac``,
``unit``, ``sale_price``, ``gst_rate`` and ``tax_mode`` (docs/adr/0010-documents.md).
"""

from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from django.apps import apps

from nextgenerp.core.documents.models import TaxMode

PRODUCT = "inventory.Product"
COPIED = ("name", "hsn_sac", "unit", "gst_rate")


def product_model() -> Any:
    """The model that lines' products are of."""
    return apps.get_model(PRODUCT)


def line_defaults(product: Any, document: Any) -> dict[str, Any]:
    """What a line takes over from the product it names, the price as the document states prices.

    A company that charges no GST asks the price as it stands: there is no tax in it.
    """
    rate = product.gst_rate if document.charges_gst else Decimal(0)
    price = price_in(document.tax_mode, product.sale_price, product.tax_mode, rate)
    return {name: getattr(product, name) for name in COPIED} | {"unit_price": price}


def price_in(tax_mode: str, price: Decimal, priced: str, gst_rate: Decimal) -> Decimal:
    """A price given in the mode ``priced`` as a price in ``tax_mode``, to four decimals, half up."""
    if tax_mode == priced:
        return price
    factor = 1 + Fraction(gst_rate) / 100
    exact = Fraction(price) * factor if tax_mode == TaxMode.INCLUSIVE else Fraction(price) / factor
    return Decimal(floor(exact * 10_000 + Fraction(1, 2))).scaleb(-4)
