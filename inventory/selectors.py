"""Questions about products and stock that need more than a filter."""

from django.db.models import QuerySet

from nextgenerp.core.search import containing, normal


def search_products(queryset: QuerySet, text: str) -> QuerySet:
    """Products whose name, SKU, category or HSN code hold a text; one or two letters at the beginning of words."""
    return containing(queryset, normal(text))
