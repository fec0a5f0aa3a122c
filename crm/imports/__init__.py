"""The CRM's records as the import engine takes them, by noun."""

from crm.imports.customers import CustomerImport
from crm.imports.leads import LeadImport

__all__ = ["CustomerImport", "LeadImport"]
