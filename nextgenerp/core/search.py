"""How texts are compared and found: normal forms, and what a trigram index is asked for.

A record keeps ``search_text``, made by ``search_text(…)``; ``containing`` narrows a queryset by it
(docs/adr/0003-lead-search.md).
"""

import re
import unicodedata
from itertools import groupby

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

KEY_LENGTH = 200
TRIGRAM = 3
PHONE_SIGNS = frozenset("0123456789+-() ")
_NOT_A_DIGIT = re.compile(r"\D+")


def normal(text: str) -> str:
    """What all spellings of one text have in common: NFKC, case folded, single spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(text.lower().split())


def name_key(text: str) -> str:
    """The normal form of a name, as long as an index takes it."""
    return normal(text)[:KEY_LENGTH]


def digits(text: str) -> str:
    """The digits of a phone number alone."""
    return _NOT_A_DIGIT.sub("", text)


def search_text(*parts: str) -> str:
    """One text to find a record by: its parts in their normal form, a blank before and a line end after each.

    The blank lets a pattern begin at a word; the line end keeps a match inside one part.
    """
    return "".join(f" {normal(part)}\n" for part in parts if part)


def containing(queryset: QuerySet, term: str) -> QuerySet:
    """The records whose ``search_text`` holds a term in normal form."""
    return queryset.filter(holds(term))


def holds(term: str) -> Q:
    """Whether a record's ``search_text`` holds a term in normal form; of nothing but signs none does.

    A term of one or two letters or digits is looked for at the beginning of words: the trigram index answers that
    too.
    """
    found = words(term)
    if not found:
        return Q(pk__in=[])
    if not any(has_trigram(term, *word) for word in found):
        return Q(search_text__contains=f" {term}")
    part = telling_part(term, found)
    condition = Q(search_text__contains=part)
    return condition if part == term else condition & Q(GreaterThan(StrIndex("search_text", Value(term)), 0))


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
