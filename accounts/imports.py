"""Team members as the import engine takes them: every row becomes an invitation, within the users limit."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from uuid import UUID

from accounts.grants import DEFAULTS, beyond, rank
from accounts.models import Invitation, Membership, Tenant, normal_email
from accounts.selectors import MAX_LEVELS, levels_of
from accounts.services.invitations import KIND, invite_many, known_addresses
from accounts.services.members import LIMIT
from accounts.services.permissions import lock_team
from nextgenerp.core import seats
from nextgenerp.core.imports.mapping import Column
from nextgenerp.core.imports.resources import ImportResource, RowProblem, Values
from nextgenerp.core.imports.values import (
    ValueProblem,
    choice_lookup,
    parse_choice,
    parse_email,
    parse_phone,
    parse_text,
)
from nextgenerp.core.scope import visible
from nextgenerp.mail.services.queue import left_today

ROLES = choice_lookup(Membership.Role.choices)
FIELDS = {
    "email": "email", "firstName": "first_name", "lastName": "last_name", "role": "role", "phone": "phone",
    "managerEmail": "manager_id",
}  # fmt: skip
CAPPED = RowProblem("", "mail_cap_reached", "No more invitations are sent today. Import this row tomorrow.")


class UserImport(ImportResource):
    """Invitations by address, with a role and a manager who is a member already."""

    model = Invitation
    module = "User Management"
    limit = LIMIT
    keys = ("email",)
    on_duplicate = ("skip", "error")  # an invitation is not changed, and nobody is invited twice

    @property
    def tenant(self) -> Tenant:
        return self.actor.tenant

    def load(self) -> None:
        """Which roles the actor may give, and who may be a manager."""
        self.grantable = {
            role for role, grants in DEFAULTS.items()
            if rank(role) <= rank(self.actor.role) and not beyond(grants, {}, self.actor.grants)
        }  # fmt: skip
        active = visible(seats.of_tenant().filter(is_active=True), self.actor)
        levels = levels_of(self.tenant)
        self.managers: dict[str, UUID] = {
            key: seat for key, seat in active.values_list("user__email_key", "id")
            if levels.get(seat, MAX_LEVELS) < MAX_LEVELS
        }  # fmt: skip

    def columns(self) -> Sequence[Column]:
        return [
            Column("email", parse_email, ("e-mail", "email id", "email address", "mail"), required=True),
            Column("firstName", partial(parse_text, max_length=100), ("first name", "given name")),
            Column("lastName", partial(parse_text, max_length=100), ("last name", "surname")),
            Column("role", partial(parse_choice, lookup=ROLES), ("user role",), required=True),
            Column("managerEmail", self.parse_manager, ("manager", "manager e-mail", "reports to")),
            Column(
                "phone", partial(parse_phone, region=self.region), ("mobile", "phone number", "mobile number")
            ),
        ]

    def parse_manager(self, text: str) -> UUID:
        seat = self.managers.get(normal_email(text))
        if seat is None:
            raise ValueProblem(
                "does_not_exist", "There is no active member with this address who can be a manager."
            )
        return seat

    def check(self, values: Values) -> list[RowProblem]:
        if values["role"] in self.grantable:
            return []
        return [RowProblem("role", "permission_denied", "You cannot give a role that may do more than you.")]

    def check_new(self, values: Values) -> list[RowProblem]:
        """A row has to find room under the day's cap of invitations."""
        if self.mails_left is not None:
            if self.mails_left <= 0:
                return [CAPPED]
            self.mails_left -= 1
        return []

    def keys_of(self, values: Values) -> list[str]:
        return [normal_email(values["email"])]

    def find(self, keys: Iterable[str], *, lock: bool) -> dict[str, set[UUID]]:
        """Lock the team for this batch, and look who is there and how many mails may be sent."""
        lock_team(self.tenant)
        self.mails_left = left_today(KIND)
        if self.mails_left is not None and self.options.dry_run:
            self.mails_left -= self.batch.created  # by earlier batches, which were taken back
        return {key: {one} for key, one in known_addresses(self.tenant, list(keys)).items()}

    def create(self, records: Mapping[UUID, Values], first_number: int) -> None:
        rows = (
            (one, {FIELDS[name]: value for name, value in values.items()}) for one, values in records.items()
        )
        invite_many(rows, actor=self.actor)
