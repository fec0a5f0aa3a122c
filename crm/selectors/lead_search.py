"""How leads are found by a text, and by their company: what the trigram index is asked for."""

import unicodedata
from itertools import groupby

from django.db.models import QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from crm.normal import digits, normal

TRIGRAM = 3
PHONE_SIGNS = frozenset("0123456789+-() ")


def search_leads(queryset: QuerySet, text: str) -> QuerySet:
    """Leads whose name, company, e-mail or phone digits hold a text.

    A text of one or two letters or digits is looked for at the beginning of words: the trigram index answers that
    too (docs/adr/0003-lead-search.md).
    """
    term = search_term(text)
    found = words(term)
    if not found:
        return queryset.none()
    if not any(has_trigram(term, *word) for word in found):
        return queryset.filter(search_text__contains=f" {term}")
    part = telling_part(term, found)
    queryset = queryset.filter(search_text__contains=part)
    return queryset if part == term else queryset.filter(GreaterThan(StrIndex("search_text", Value(term)), 0))


def search_term(text: str) -> str:
    """A text as it would stand in ``search_text``; of a phone number its digits, without the trunk's 0."""
    if not PHONE_SIGNS.issuperset(text):
        return normal(text)
    number = digits(text)
    return number[1:] if len(number) == 11 and number[0] == "0" else number


def words(term: str) -> list[tuple[int, int]]:
    """Where the runs of letters and digits (vowel signs too) begin and end, as the trigram index sees them."""
    places = groupby(enumerate(term), key=lambda place: unicodedata.category(place[1])[0] in "LMN")
    runs = [[index for index, _ in run] for is_word, run in places if is_word]
    return [(run[0], run[-1] + 1) for run in runs]


def has_trigram(term: str, start: int, end: int) -> bool:
    """Whether the index knows a word of a term by a trigram of two letters or more: it counts the blanks before and
    after a word too, on the sides where the word is seen to begin or end."""
    return end - start >= 2 and bool(start) + end - start + (end < len(term)) >= TRIGRAM


def telling_part(term: str, found: list[tuple[int, int]]) -> str:
    """What the trigram index is asked for: few trigrams, and rare ones.

    It reads the list of every trigram it is asked for; those of ``gmail.com`` are on half of all leads. So of a
    term with a word that has a digit in it that word is asked for, with the signs beside it; of an e-mail address
    the part before the @.
    """
    telling = [
        (end - start, start, end)
        for start, end in found
        if end - start >= TRIGRAM and any(map(str.isdigit, term[start:end]))
    ]
    if telling:
        _, start, end = max(telling)
        return term[max(0, start - 1) : end + 1]
    local = term[: term.find("@") + 1]
    return local if any(end - start >= TRIGRAM for start, end in words(local)) else term


def leads_of_company(queryset: QuerySet, key: str) -> QuerySet:
    """Leads of the company with a ``name_key``; the search index finds them, the key decides."""
    return queryset.filter(search_text__contains=f" {key}\n", company__name_key=key)
