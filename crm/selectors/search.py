"""How customers and deals are found by a text (docs/adr/0003-lead-search.md)."""

from django.db.models import QuerySet

from nextgenerp.core.search import containing, normal, search_term


def search_customers(queryset: QuerySet, text: str) -> QuerySet:
    """Customers whose name, code, e-mail, phone digits or GSTIN hold a text."""
    return containing(queryset, search_term(text))


def search_deals(queryset: QuerySet, text: str) -> QuerySet:
    """Deals whose title holds a text."""
    return containing(queryset, normal(text))
