"""Invoices, the money received for them, and expenses."""

from finance.models.expenses import Expense
from finance.models.invoices import Invoice, InvoiceLine
from finance.models.receipts import Receipt, ReceiptAllocation

__all__ = ["Expense", "Invoice", "InvoiceLine", "Receipt", "ReceiptAllocation"]
