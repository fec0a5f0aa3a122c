"""How money changes hands."""

from django.db import models


class PaymentMethod(models.TextChoices):
    """What was paid with."""

    CASH = "cash"
    UPI = "upi"
    BANK_TRANSFER = "bank_transfer"
    CHEQUE = "cheque"
    CARD = "card"
    OTHER = "other"
