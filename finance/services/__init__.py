"""What may happen to invoices, money received and expenses: called by the API, sales and demo data."""
