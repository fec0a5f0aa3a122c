"""Questions about leads that need more than a filter: the search, likely duplicates, figures of statuses."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from crm.models import Lead, LeadStatus
from crm.normal import digits, normal
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import Actor

MOST_DUPLICATES = 20
TRIGRAM = 3
TAGS = """
    SELECT lead_id, tag_id, name, color FROM lead_tagging JOIN lead_tag ON lead_tag.id = tag_id
    WHERE lead_id = ANY(%s) ORDER BY name_key
"""
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


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Leads with the same e-mail or phone: those the actor may see, and how many more there are."""

    shown: list[dict[str, Any]] = field(default_factory=list)
    out_of_scope: int = 0

    def __bool__(self) -> bool:
        return bool(self.shown or self.out_of_scope)

    @property
    def members(self) -> dict[str, Any]:
        """What an answer says of them."""
        return {"duplicates": self.shown, "duplicatesOutOfScope": self.out_of_scope}


def duplicates_of(lead: Lead, *, actor: Actor) -> Duplicates:
    """The leads that have the e-mail address or a phone number of ``lead``; at most 20 are looked at."""
    phones = {phone for phone in (lead.phone, lead.alternate_phone) if phone}
    same = Q(phone__in=phones) if phones else Q()
    if lead.email_key:
        same |= Q(email_key=lead.email_key)
    found = list(
        Lead.objects.filter(same)
        .exclude(pk=lead.pk)
        .select_related("company")
        .order_by("id")[:MOST_DUPLICATES]
    )
    shown = in_scope(found, actor)
    return Duplicates(
        [
            {
                "id": one.id,
                "leadNumber": one.lead_number,
                "name": one.name,
                "matchedOn": matched_on(one, lead, phones),
            }
            for one in shown
        ],
        len(found) - len(shown),
    )


def in_scope(leads: list[Lead], actor: Actor) -> list[Lead]:
    """Those of some leads that the actor may see."""
    if not leads or actor.scope(Lead.scope.module) == "all":
        return leads
    ids = [lead.id for lead in leads]
    seen = set(visible(Lead.objects.filter(id__in=ids), actor).values_list("id", flat=True))
    return [lead for lead in leads if lead.id in seen]


def matched_on(one: Lead, lead: Lead, phones: set[str]) -> list[str]:
    email = ["email"] if lead.email_key and one.email_key == lead.email_key else []
    return email + (["phone"] if one.phone in phones else [])


def statuses_with_counts(actor: Actor) -> list[dict[str, Any]]:
    """Every status with the number of leads the actor sees in it: two queries."""
    counts = dict(visible(Lead.objects.all(), actor).order_by().values_list("status").annotate(n=Count("id")))
    return [
        {
            "id": status.id, "name": status.name, "type": status.type, "color": status.color,
            "order": status.order, "isDefault": status.is_default, "leadCount": counts.get(status.id, 0),
        }
        for status in LeadStatus.objects.all()
    ]  # fmt: skip


def tags_of(lead_ids: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The tags of leads by lead id, in the order of their names: one query."""
    tags: dict[UUID, list[dict[str, Any]]] = {}
    with (
        connection.cursor() as cursor
    ):  # every list comes through here: the ORM would cost more than the query
        cursor.execute(TAGS, [list(lead_ids)])
        for lead_id, tag_id, name, color in cursor.fetchall():
            tags.setdefault(lead_id, []).append({"id": tag_id, "name": name, "color": color})
    return tags


def tag_names_of(lead_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The tags of leads as the text of a cell, by lead id."""
    return {lead: "; ".join(tag["name"] for tag in tags) for lead, tags in tags_of(lead_ids).items()}


def leads_of_company(queryset: QuerySet, key: str) -> QuerySet:
    """Leads of the company with a ``name_key``; the search index finds them, the key decides."""
    return queryset.filter(search_text__contains=f" {key}\n", company__name_key=key)
