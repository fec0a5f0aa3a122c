"""What may happen to the sales documents and their settings: called by the API, tasks and demo data."""
