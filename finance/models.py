"""Invoices, the money received for them, and expenses."""
