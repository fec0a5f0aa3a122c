"""Who may call what: every action of every view declares its access, or the server does not start."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.permissions import BasePermission

from nextgenerp.core.exceptions import Forbidden, NotAuthenticated
from nextgenerp.core.tenancy import ACTIONS, MODULES, Actor


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in. ``label`` is how the published list of endpoints says it."""

    label: str
    public: bool = False
    needs_tenant: bool = True

    def check(self, actor: Actor) -> None:
        """Raises Forbidden."""


@dataclass(frozen=True, slots=True)
class Grant(Access):
    """A grant of the caller's seat: module and action."""

    module: str = ""
    action: str = ""

    def check(self, actor: Actor) -> None:
        require(actor, self.module, self.action)


@dataclass(frozen=True, slots=True)
class Roles(Access):
    """One of several roles of the caller's seat; super-admins with a seat always."""

    roles: tuple[str, ...] = ()

    def check(self, actor: Actor) -> None:
        if actor.role not in self.roles and not actor.is_super_admin:
            raise Forbidden(f"Only {' or '.join(self.roles)} may do this.", roles=list(self.roles))


@dataclass(frozen=True, slots=True)
class SuperAdmin(Access):
    """A platform operator."""

    def check(self, actor: Actor) -> None:
        if not actor.is_super_admin:
            raise Forbidden("Only a super-admin may do this.")


PUBLIC = Access("Public", public=True)
PRIVATE = Access("Private", public=True)  # the view itself lets in loopback or a token
MEMBER = Access("Auth")
USER = Access("Auth", needs_tenant=False)
SUPER_ADMIN = SuperAdmin("Super Admin", needs_tenant=False)


def grant(module: str, action: str) -> Grant:
    """The access of one grant. Raises ImproperlyConfigured for an unknown module or action."""
    if module not in MODULES or action not in ACTIONS:
        raise ImproperlyConfigured(f"There is no grant {module}: {action}.")
    return Grant(f"{module}: {action}", module=module, action=action)


def roles(*names: str) -> Roles:
    return Roles(" / ".join(names), roles=names)


def require(actor: Actor, module: str, action: str) -> None:
    """Refuse an actor without a grant. Raises Forbidden with ``module`` and ``action``."""
    if not actor.can(module, action):
        raise Forbidden(f"You need *{module}: {action}*.", module=module, action=action)


CRUD = {
    "list": "canView",
    "retrieve": "canView",
    "create": "canCreate",
    "update": "canEdit",
    "partial_update": "canEdit",
    "destroy": "canDelete",
    "export": "canExport",
    "activities": "canView",
    "import_file": "canCreate",
    "import_rows": "canCreate",
}


def declared_access(view: type, action: str) -> Access:
    """The access a view class declares for one of its actions. Raises ImproperlyConfigured when it declares none."""
    declared = getattr(view, "permission_actions", {}).get(action)
    module = getattr(view, "permission_module", None)
    if declared is None and module:
        declared = CRUD.get(action)
    if isinstance(declared, str):
        if not module:
            raise ImproperlyConfigured(
                f"{view.__name__}.{action} declares {declared} but no permission_module."
            )
        declared = grant(module, declared)
    if not isinstance(declared, Access):
        raise ImproperlyConfigured(f"{view.__name__}.{action} declares no permission.")
    return declared


class DeclaredAccess(BasePermission):
    """Holds the caller to the declared access; the last check before the handler."""

    def has_permission(self, request: Any, view: Any) -> bool:
        access: Access = view.access
        if access.public:
            return True
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            raise NotAuthenticated
        access.check(actor)
        return True
