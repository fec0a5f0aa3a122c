"""What each role may do by default, and how grants are completed (spec: identity, Model)."""

from typing import Any

from nextgenerp.core.tenancy import ACTIONS, MODULES

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
