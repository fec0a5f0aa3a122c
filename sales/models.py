"""Quotations, proforma invoices and sales orders, and what a tenant sets for them."""
