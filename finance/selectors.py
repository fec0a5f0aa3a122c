"""Questions about invoices, money received and expenses that need more than a filter."""
