"""docs/endpoints.tsv, the routes and the declared permissions are one and the same, both ways."""

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from nextgenerp.core.api import published
from nextgenerp.core.api.permissions import Grant, declared_access

# What the served pages bring along; neither is an endpoint of the API.
NOT_ENDPOINTS = ("admin/", "static/")
# Rows that say plain Auth in these sections are guarded by a module every role is granted by default.
SECTION_MODULES = {"finance": "Finance", "inventory": "Inventory", "payment": "Finance"}
# Rows whose description narrows what their auth column says.
NARROWED = {("GET", "/organizations"): "Super Admin"}
BADGES = re.compile(r" ?(Limit|Feature: \w+)")
PUBLISHED_ROWS = 182


def patterns(found, prefix=""):
    """``(path as published, view)`` of every URL pattern, in the order they are tried."""
    for one in found:
        here = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            if not here.startswith(NOT_ENDPOINTS):
                yield from patterns(one.url_patterns, here)
        elif isinstance(one, URLPattern) and not here.startswith(NOT_ENDPOINTS):
            yield "/" + as_published(here), one.callback


def as_published(route):
    route = re.sub(r"\(\?P<(\w+)>[^)]*\)", r":\1", route)
    route = re.sub(r"<(?:\w+:)?(\w+)>", r":\1", route)
    return re.sub(r"[\^$]|\\Z", "", route).replace("\\.", ".")


def routes():
    """``{(method, path): (view class, action)}`` as the server would answer them."""
    found = {}
    for path, view in patterns(get_resolver().url_patterns):
        for method, action in view.actions.items():
            if method != "head":
                found.setdefault((method.upper(), path), (view.cls, action))
    return found


ROUTES = routes()
SERVED = {key: row for key, row in published.rows().items() if row.served}


def test_the_published_list_is_complete():
    rows = list(published.rows().values())
    text = published.settings.BASE_DIR / "docs" / "endpoints.tsv"
    assert len(rows) == len(text.read_text().splitlines()) - 1, "a row is there twice"
    assert len(rows) >= PUBLISHED_ROWS
    assert rows[0].path == "/health"
    assert rows[PUBLISHED_ROWS - 1].path == "/admin/tenants"


def test_every_route_is_in_the_list_and_marked_as_served():
    assert sorted(set(ROUTES) - set(published.rows())) == []
    assert sorted(set(ROUTES) - set(SERVED)) == []


def test_every_served_row_is_routed():
    assert sorted(set(SERVED) - set(ROUTES)) == []


@pytest.mark.parametrize("key", sorted(SERVED), ids=" ".join)
def test_the_declared_permission_is_the_published_one(key):
    view, action = ROUTES[key]
    access = declared_access(view, action)
    auth = NARROWED.get(key) or BADGES.sub("", SERVED[key].auth)
    section = SECTION_MODULES.get(key[1].split("/")[1])
    if auth == "Auth" and section:
        assert isinstance(access, Grant)
        assert access.module == section
    else:
        assert access.label == auth


@pytest.mark.parametrize("key", sorted(SERVED), ids=" ".join)
def test_limits_and_features_are_the_published_ones(key):
    view, action = ROUTES[key]
    if (
        "Limit" in SERVED[key].auth
    ):  # other roads that create (imports, conversions) are limited without saying so
        assert action in view.limits
    feature = re.search(r"Feature: (\w+)", SERVED[key].auth)
    assert view.feature == (feature.group(1) if feature else None)


@pytest.mark.parametrize("key", sorted(SERVED), ids=" ".join)
def test_words_in_a_path_win_over_ids(key):
    """Every path resolves to its own view, though others have an id where it has a word."""
    method, path = key
    view, action = ROUTES[key]
    match = resolve(re.sub(r":\w+", "01927f4e-7c1a-7b60-8f3a-5d2e9c0b4a17", path))
    assert (match.func.cls, match.func.actions[method.lower()]) == (view, action)
    assert sorted(match.kwargs) == sorted(re.findall(r":(\w+)", path))


def test_no_path_ends_in_a_slash():
    assert [path for _, path in ROUTES if path != "/" and path.endswith("/")] == []
