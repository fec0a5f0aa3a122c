"""Versions as ETags, and If-Match against them."""

from typing import Any

from nextgenerp.core.exceptions import VersionMismatch


def etag(instance: Any) -> str:
    return f'"{instance.version}"'


def check_if_match(request: Any, instance: Any) -> None:
    """Hold If-Match against a locked record's version. Raises VersionMismatch."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return
    if etag(instance) not in [part.strip().removeprefix("W/") for part in wanted.split(",")]:
        raise VersionMismatch(version=instance.version)
