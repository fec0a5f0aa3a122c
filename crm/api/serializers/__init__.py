"""How the CRM's records are spoken, by noun."""
