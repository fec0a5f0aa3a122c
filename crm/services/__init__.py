"""What may happen to leads: called by the API, imports and demo data."""
