"""Questions about invoices, money received and expenses that need more than a filter."""

from django.db.models import QuerySet

from crm.normal import name_key
from crm.selectors.lead_search import search_leads as search_by_text


def search_expenses(queryset: QuerySet, text: str) -> QuerySet:
    """Expenses whose number, vendor, category, reference or GSTIN holds a text."""
    return search_by_text(queryset, text)


def expenses_of_vendor(queryset: QuerySet, name: str) -> QuerySet:
    """Expenses whose vendor's name holds a text; the search index finds them, the key decides."""
    key = name_key(name)
    return queryset.filter(search_text__contains=key, vendor_key__contains=key)
