"""Questions the CRM is asked, by noun."""
