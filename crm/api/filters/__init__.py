"""What lists of the CRM can be narrowed by, by noun."""
