"""What tests of products begin with."""

import itertools
from typing import Any

from nextgenerp.testing.client import Client

numbers = itertools.count(1)
EVERYTHING = ["view", "create", "edit", "delete", "export"]


def body(**values: Any) -> dict[str, Any]:
    """A product nobody else is like."""
    number = next(numbers)
    return {"sku": f"DEMO-{number}", "name": f"Demo product {number}"} | values


def make(client: Client, **values: Any) -> dict[str, Any]:
    response = client.post("/inventory/products", body(**values))
    assert response.status_code == 201, response.content
    return response.json()


def listed(client: Client, query: str = "") -> list[str]:
    """The SKUs of a list, in its order."""
    response = client.get(f"/inventory/products?{query}")
    assert response.status_code == 200, response.content
    return [product["sku"] for product in response.json()["data"]]


def field_errors(response: Any) -> set[tuple[str, str]]:
    assert response.status_code == 400, response.content
    return {(error["field"], error["code"]) for error in response.json()["errors"]}
