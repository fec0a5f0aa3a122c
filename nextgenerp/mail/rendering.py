"""The template engine: ``{{ name }}`` from a declared list becomes a value; nothing else is evaluated."""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

PLACEHOLDER = re.compile(r"\{\{[ \t]*([A-Za-z][A-Za-z0-9_]*)[ \t]*\}\}")
OPENING = re.compile(r"\{\{|\{%")
# What would end a header line, for one mail program or another.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
TAG = re.compile(r"<(?:style|script)\b.*?</(?:style|script)\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
MAX_SUBJECT = 250


@dataclass(frozen=True, slots=True)
class Texts:
    """The three texts of a mail, as a template or rendered."""

    subject: str
    body_text: str
    body_html: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a template, and in which of its texts."""

    field: str
    code: str
    detail: str


def problems(texts: Texts, variables: Iterable[str]) -> Iterator[Problem]:
    """Find every placeholder that is not plain or not declared, and line breaks in the subject."""
    declared = list(variables)
    for field, text in asdict(texts).items():
        yield from problems_of(field, text, declared)
    if CONTROL.search(texts.subject):
        yield Problem("subject", "line_break", "A subject is one line.")


def problems_of(field: str, text: str, declared: list[str]) -> Iterator[Problem]:
    for opening in OPENING.finditer(text):
        line = text.count("\n", 0, opening.start()) + 1
        placeholder = PLACEHOLDER.match(text, opening.start())
        if placeholder is None:
            shown = text[opening.start() : opening.start() + 60].partition("\n")[0]
            known = "Only plain placeholders like {{ name }} are filled in."
            yield Problem(field, "invalid_placeholder", f"Line {line}: {shown!r}. {known}")
        elif placeholder[1] not in declared:
            known = ", ".join(declared) or "none"
            detail = f"Line {line}: {placeholder[1]!r} is not declared. There is: {known}."
            yield Problem(field, "undeclared_placeholder", detail)


def render(texts: Texts, values: Mapping[str, object]) -> Texts:
    """Fill a template in; values are escaped in HTML and cannot break a header. Raises KeyError."""
    body_html = fill(texts.body_html, values, html.escape)
    body_text = fill(texts.body_text, values, str) or plain_text(body_html)
    return Texts(one_line(fill(texts.subject, values, str)), body_text, body_html)


def fill(text: str, values: Mapping[str, object], escape: Callable[[str], str]) -> str:
    return PLACEHOLDER.sub(lambda found: escape(str(values[found[1]])), text)


def one_line(text: str) -> str:
    """A text that is safe in a header: one line of at most 250 characters."""
    return CONTROL.sub(" ", text).strip()[:MAX_SUBJECT]


def plain_text(markup: str) -> str:
    """The readable text of a mail that was only written in HTML."""
    lines = (line.strip() for line in html.unescape(TAG.sub("", markup)).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
