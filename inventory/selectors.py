"""Questions about products and stock that need more than a filter."""

from django.db.models import QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from crm.normal import normal
from crm.selectors import has_trigram, telling_part, words


def search_products(queryset: QuerySet, text: str) -> QuerySet:
    """Products whose name, SKU, category or HSN code hold a text; one or two letters at the beginning of words."""
    term = normal(text)
    found = words(term)
    if not found:
        return queryset.none()
    if not any(has_trigram(term, *word) for word in found):
        return queryset.filter(search_text__contains=f" {term}")
    part = telling_part(term, found)
    queryset = queryset.filter(search_text__contains=part)
    return queryset if part == term else queryset.filter(GreaterThan(StrIndex("search_text", Value(term)), 0))
