"""Invoices, the money received for them, and expenses."""

from finance.models.expenses import Expense
from finance.models.payments import PaymentMethod

__all__ = ["Expense", "PaymentMethod"]
