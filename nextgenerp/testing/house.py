"""What the house tests know of each app's resources, gathered from its ``tests/house.py``.

BODIES: path → what makes a POST valid but for the id under test. OWN: path with an id → the list whose first row's
id stands for one of the caller's own. EMPTY_BODY: ``(method, path)`` → the status an allowed caller gets for an empty
body, where that is not the usual one. ``fill(client, mark)``: one record of everything, every text of it marked, made
as a user makes it. ``add(client, tenant, number)``: one row more on every list, with everything a row may refer to of
its own.
"""

from importlib import import_module
from typing import Any

APPS = ("crm", "inventory", "finance", "sales")
HOUSES = [import_module(f"{app}.tests.house") for app in APPS]
BODIES: dict[str, dict[str, Any]] = {}
OWN: dict[str, str] = {}
EMPTY_BODY: dict[tuple[str, str], int] = {}
for house in HOUSES:
    BODIES |= house.BODIES
    OWN |= house.OWN
    EMPTY_BODY |= house.EMPTY_BODY


def fill(client: Any, mark: str) -> None:
    for house in HOUSES:
        house.fill(client, mark)


def add(client: Any, tenant: Any, number: int) -> None:
    for house in HOUSES:
        house.add(client, tenant, number)
