"""Examples of bodies and answers, made from their schemas: plainly made up, the same every time."""

import re
from typing import Any

AN_ID = "01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17"
BY_FORMAT = {
    "uuid": AN_ID,
    "date": "2026-11-23",
    "date-time": "2026-11-23T09:30:00Z",
    "email": "person@example.com",
    "uri": "https://example.com/",
    "binary": "(the bytes of a file)",
}
BY_NAME = {
    "accessToken": "eyJhbGciOiJIUzI1NiJ9.demo.demo",
    "address": "12 Demo Street",
    "alternatePhone": "+919812345678",
    "bodyHtml": "<p>Hello {{ name }}</p>",
    "bodyText": "Hello {{ name }}",
    "city": "Pune",
    "code": "482913",
    "color": "#2563eb",
    "company": "Demo Traders",
    "companyName": "Demo Traders",
    "country": "IN",
    "currency": "INR",
    "department": "Sales",
    "designation": "Purchase manager",
    "email": "person@example.com",
    "firstName": "Demo",
    "gstRate": "18.000",
    "gstin": "27AAPFU0939F1ZV",
    "hsnSac": "84713010",
    "key": "otp",
    "lastName": "Person",
    "locale": "en-IN",
    "name": "Demo Traders",
    "newPassword": "a new long password",
    "nextCursor": None,
    "otp": "482913",
    "password": "a long demo password",
    "phone": "+919876543210",
    "pincode": "411001",
    "position": "a0",
    "refreshToken": "demo-refresh-token",
    "requirement": "A demo of the product",
    "search": "demo",
    "state": "Maharashtra",
    "stateCode": "27",
    "subject": "A demo subject",
    "templateKey": "otp",
    "timeZone": "Asia/Kolkata",
    "title": "A demo title",
    "token": "eyJhbGciOiJIUzI1NiJ9.demo.demo",
    "website": "https://demo.example.com",
}
DECIMALS = ("1591.00", "18.000", "1")  # an amount, a percentage, whatever is narrower
DEEPEST = 9


def example_of(schema: dict[str, Any], components: dict[str, Any], name: str = "", depth: int = 0) -> Any:
    """A value a schema allows; ``components`` are the document's schemas, ``name`` the property it is for."""
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rsplit("/", 1)[1]], components, name, depth)
    for given in ("example", "const", "default"):
        if given in schema:
            return schema[given]
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return of_several(schema[several], components, name, depth, together=several == "allOf")
    return of_type(schema, components, name, depth)


def of_several(
    schemas: list[dict[str, Any]], components: dict[str, Any], name: str, depth: int, *, together: bool
) -> Any:
    values = [example_of(one, components, name, depth) for one in schemas]
    if together and all(isinstance(value, dict) for value in values):
        return {key: value for one in values for key, value in one.items()}
    return values[0]


def of_type(schema: dict[str, Any], components: dict[str, Any], name: str, depth: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else None)
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind == "object":
        return of_object(schema, components, depth)
    if kind == "array":
        return [] if depth > DEEPEST else [example_of(schema.get("items", {}), components, name, depth + 1)]
    if kind == "string":
        return of_text(schema, name)
    return {"integer": max(1, schema.get("minimum", 1)), "number": 1, "boolean": True}.get(kind)


def of_object(schema: dict[str, Any], components: dict[str, Any], depth: int) -> dict[str, Any]:
    if depth > DEEPEST:
        return {}
    members = {
        name: example_of(one, components, name, depth + 1)
        for name, one in schema.get("properties", {}).items()
    }
    extra = schema.get("additionalProperties")
    if not members and isinstance(extra, dict):
        members["key"] = example_of(extra, components, "key", depth + 1)
    return members


def of_text(schema: dict[str, Any], name: str) -> str | None:
    if schema.get("format") == "decimal" and name not in BY_NAME:
        return next(text for text in DECIMALS if re.search(schema.get("pattern", ""), text))
    if schema.get("format") in BY_FORMAT and name not in BY_NAME:
        return BY_FORMAT[schema["format"]]
    text = BY_NAME.get(name, "text")
    if text is None:
        return None if "null" in schema.get("type", "") else "text"
    return text[: schema.get("maxLength", len(text))].ljust(schema.get("minLength", 0), "x")
