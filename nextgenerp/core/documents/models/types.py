"""The documents that have numbers, and the sizes of their columns."""

from typing import Any

from django.db import models

AMOUNT: dict[str, Any] = {"max_digits": 15, "decimal_places": 2}  # rupees and paisa
PRICE: dict[str, Any] = {"max_digits": 15, "decimal_places": 4}
QUANTITY: dict[str, Any] = {"max_digits": 15, "decimal_places": 3}
PERCENT: dict[str, Any] = {"max_digits": 6, "decimal_places": 3}


class DocumentType(models.TextChoices):
    """The documents that have a numbering series."""

    QUOTATION = "quotation"
    PROFORMA_INVOICE = "proforma_invoice"
    SALES_ORDER = "sales_order"
    INVOICE = "invoice"


class PaymentMethod(models.TextChoices):
    """What was paid with."""

    CASH = "cash"
    UPI = "upi", "UPI"
    BANK_TRANSFER = "bank_transfer"
    CHEQUE = "cheque"
    CARD = "card"
    OTHER = "other"
