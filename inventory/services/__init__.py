"""What may happen to products and stock: called by the API, sales, imports and demo data."""
