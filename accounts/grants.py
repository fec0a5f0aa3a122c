"""What each role may do by default, and how grants are completed (spec: identity, Model)."""

from typing import Any

from nextgenerp.core.tenancy import ACTIONS, MODULES, SCOPES

Grants = dict[str, dict[str, Any]]
EVERY = frozenset(ACTIONS)
WORK = frozenset({"canView", "canCreate", "canEdit"})
NONE: frozenset[str] = frozenset()
DOCUMENTS = {"Leads", "Customers", "Quotations", "Proforma Invoices", "Sales Orders"}
MANAGER = {
    "User Management": EVERY - {"canCreate", "canDelete"},
    "Setup": EVERY - {"canDelete"},
}
STAFF = dict.fromkeys(DOCUMENTS, WORK) | {
    "Dashboard": frozenset({"canView"}),
    "Finance": EVERY,
    "Inventory": EVERY,
}


def module_grant(actions: frozenset[str], scope: str) -> dict[str, Any]:
    return {action: action in actions for action in ACTIONS} | {"scope": scope}


def defaults(role: str) -> Grants:
    """The grants of a role that nobody has changed."""
    if role == "manager":
        return {module: module_grant(MANAGER.get(module, EVERY), "team") for module in MODULES}
    if role == "staff":
        return {module: module_grant(STAFF.get(module, NONE), "all") for module in MODULES}
    return {module: module_grant(EVERY, "all") for module in MODULES}


DEFAULTS = {role: defaults(role) for role in ("tenant_admin", "admin", "manager", "staff")}

# Roles from below; who acts without a seat (an operator who impersonates, the platform) is above all of them.
RANKS = {"staff": 1, "manager": 2, "admin": 3, "tenant_admin": 4, "super_admin": 5, "system": 5}


def rank(role: str) -> int:
    return RANKS.get(role, 0)


def completed(given: Grants) -> Grants:
    """Grants for every module: what is not given is not granted, and any grant implies canView."""
    grants = {}
    for module in MODULES:
        one = given.get(module, {})
        actions = frozenset(action for action in ACTIONS if one.get(action))
        grants[module] = module_grant(actions | {"canView"} if actions else actions, one.get("scope", "own"))
    return grants


def beyond(new: Grants, old: Grants, held: Grants) -> list[str]:
    """What ``new`` grants that ``old`` did not and ``held`` does not have: ``Leads: canEdit``, ``Leads: scope all``."""
    found = []
    for module in MODULES:
        wanted, had, own = new[module], old.get(module, {}), held.get(module, {})
        added = [action for action in ACTIONS if wanted[action] and not had.get(action)]
        wider = wanted["canView"] and reach(wanted) > reach(had)
        found += [f"{module}: {action}" for action in added if not own.get(action)]
        if (added or wider) and reach(wanted) > reach(own):
            found.append(f"{module}: scope {wanted['scope']}")
    return found


def reach(grant: dict[str, Any]) -> int:
    return SCOPES.index(grant.get("scope", "own"))
