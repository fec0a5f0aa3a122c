"""Invoices, payments and expenses over HTTP, by noun."""
