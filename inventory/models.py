"""Products of a tenant and the ledger of their stock."""
