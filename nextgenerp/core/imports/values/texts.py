"""Texts, e-mail addresses, yes and no, choices and lists, as people type them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from nextgenerp.core.imports.values.problem import ValueProblem

_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

_ATOM = r"[-!#$%&'*+/=?^_`{}|~0-9A-Za-z]+"
_LABEL = r"[0-9A-Za-z](?:[-0-9A-Za-z]{0,61}[0-9A-Za-z])?"
_EMAIL = re.compile(
    rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?:[A-Za-z]{{2,63}}|[Xx][Nn]--[-0-9A-Za-z]{{0,58}}[0-9A-Za-z])"
)

_BOOLEANS = dict.fromkeys(("yes", "y", "true", "t", "1", "हाँ", "हां"), True) | dict.fromkeys(
    ("no", "n", "false", "f", "0", "नहीं"), False
)


def parse_text(text: str, *, max_length: int = 255) -> str:
    """Trim a text; a Windows line end inside it becomes a newline."""
    text = text.strip()
    if not text.isprintable():
        text = text.replace("\r\n", "\n")
        if _FORBIDDEN.search(text):
            raise ValueProblem(
                "invalid_characters", "Control characters are not allowed, nor half of a character."
            )
    return _within(text, max_length)


def _within(text: str, max_length: int) -> str:
    if len(text) > max_length:
        raise ValueProblem("max_length", f"This has {len(text)} characters, allowed are {max_length}.")
    return text


def parse_email(text: str, *, max_length: int = 254) -> str:
    """Return the address as it was typed, trimmed and in Unicode's compatibility form (NFKC).

    A quoted local part and an IP address in place of a domain are refused. Addresses are compared by
    ``email_key``.
    """
    text = _within(text.strip(), max_length)
    if not text.isascii():
        text = _within(unicodedata.normalize("NFKC", text), max_length)
    local, _, domain = text.rpartition("@")
    if len(local) > 64 or not _EMAIL.fullmatch(
        text if domain.isascii() else f"{local}@{_ascii_domain(domain)}"
    ):
        raise ValueProblem("invalid_email", "This is not an e-mail address.")
    return text


def _ascii_domain(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def email_key(email: str) -> str:
    """Return what all spellings of one address have in common (NFKC and case folded)."""
    return email.lower() if email.isascii() else unicodedata.normalize("NFKC", email).casefold()


def parse_boolean(text: str) -> bool:
    """Return a yes or a no, in English or Hindi."""
    value = _BOOLEANS.get(unicodedata.normalize("NFC", text.strip().casefold()))
    if value is None:
        raise ValueProblem("invalid_boolean", "Write yes or no.")
    return value


def choice_lookup(choices: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return what ``parse_choice`` looks in, from pairs of key and label; a key wins over another's label."""
    pairs = list(choices)
    lookup = {_folded(key): key for key, _ in pairs}
    for key, label in pairs:
        lookup.setdefault(_folded(label), key)
    return lookup


def parse_choice(text: str, lookup: Mapping[str, str]) -> str:
    """Return the key of a choice named by its key or its label, in any case."""
    key = lookup.get(_folded(text))
    if key is None:
        allowed = ", ".join(dict.fromkeys(lookup.values()))
        raise ValueProblem("invalid_choice", f"Choose one of: {allowed}.")
    return key


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def parse_list(text: str, *, separator: str = ";", max_items: int = 50, max_length: int = 50) -> list[str]:
    """Return the parts of a text in their order, without blanks and repetitions (case aside)."""
    parts: dict[str, str] = {}
    for part in text.split(separator):
        if part := parse_text(part, max_length=max_length):
            parts.setdefault(part.casefold(), part)
    if len(parts) > max_items:
        raise ValueProblem("max_items", f"At most {max_items} are allowed; there are {len(parts)}.")
    return list(parts.values())
