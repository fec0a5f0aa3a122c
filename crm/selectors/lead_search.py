"""How leads are found by a text, and by their company."""

from django.db.models import QuerySet

from nextgenerp.core.search import containing, search_term


def search_leads(queryset: QuerySet, text: str) -> QuerySet:
    """Leads whose name, company, e-mail or phone digits hold a text.

    A text of one or two letters or digits is looked for at the beginning of words: the trigram index answers that
    too (docs/adr/0003-lead-search.md).
    """
    return containing(queryset, search_term(text))


def leads_of_company(queryset: QuerySet, key: str) -> QuerySet:
    """Leads of the company with a ``name_key``; the search index finds them, the key decides."""
    return queryset.filter(search_text__contains=f" {key}\n", company__name_key=key)
