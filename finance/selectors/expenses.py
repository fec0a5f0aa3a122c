"""Questions about expenses that need more than a filter."""

from django.db.models import QuerySet

from nextgenerp.core.search import containing, name_key, normal


def search_expenses(queryset: QuerySet, text: str) -> QuerySet:
    """Expenses whose number, vendor, category, reference or GSTIN holds a text."""
    return containing(queryset, normal(text))


def expenses_of_vendor(queryset: QuerySet, name: str) -> QuerySet:
    """Expenses whose vendor's name holds a text; the search index finds them, the key decides."""
    key = name_key(name)
    return queryset.filter(search_text__contains=key, vendor_key__contains=key)
