"""snake_case to camelCase, the one mapping of names between Python and the API."""

from functools import lru_cache


@lru_cache(maxsize=4096)
def camel_case(name: str) -> str:
    """``expected_close_date`` → ``expectedCloseDate``; dotted paths part by part."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)
