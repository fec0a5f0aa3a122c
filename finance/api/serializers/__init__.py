"""How invoices, payments and expenses are spoken, by noun."""
