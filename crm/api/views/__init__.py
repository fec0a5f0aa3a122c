"""The CRM over HTTP, by noun."""
