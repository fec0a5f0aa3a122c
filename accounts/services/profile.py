"""What a user changes about themselves: the names, phone and avatar of their seat, and their language."""

from typing import Any

from django.db import transaction

from accounts.models import Membership, User
from nextgenerp.core import history
from nextgenerp.core.exceptions import Forbidden
from nextgenerp.core.files import IMAGES, delete_file, store_file
from nextgenerp.core.models import StoredFile
from nextgenerp.core.tenancy import Actor

MAX_AVATAR_BYTES = 2_000_000


def locked_seat(actor: Actor) -> Membership | None:
    """The actor's seat under its row lock, None for a super-admin without one."""
    seats = Membership.objects.select_related("user", "tenant").select_for_update(of=("self",))
    return seats.get(id=actor.seat_id) if actor.seat_id else None


@transaction.atomic
def update_profile(user: User, seat: Membership | None, values: dict[str, Any], *, actor: Actor) -> None:
    """Store what differs: ``locale`` of the user, everything else of the seat, whose lock the caller holds.

    ``avatar`` is an upload, or None to have none. Raises Forbidden ``tenant_required``, TooLarge, Invalid.
    """
    values = dict(values)
    locale = values.pop("locale", user.locale)
    if values and seat is None:
        raise Forbidden("Names, phone and avatar belong to a seat in a tenant.", code="tenant_required")
    if seat is not None:
        if "avatar" in values:
            values["avatar_id"] = replace_avatar(seat, values.pop("avatar"), actor)
        history.save_changes(seat, values, actor=actor)
    if locale != user.locale:
        change_locale(user, seat, locale, actor)


def replace_avatar(seat: Membership, upload: Any, actor: Actor) -> Any:
    """Store the new avatar, drop the old one, and return the id of the new."""
    old = StoredFile.objects.filter(id=seat.avatar_id).first() if seat.avatar_id else None
    stored = None
    if upload is not None:
        stored = store_file(
            upload, record_type="seat", record_id=seat.id, actor=actor, allowed=IMAGES,
            max_bytes=MAX_AVATAR_BYTES, field="avatar",
        )  # fmt: skip
    if old is not None:
        delete_file(old)
    return stored.id if stored else None


def change_locale(user: User, seat: Membership | None, locale: str, actor: Actor) -> None:
    before, user.locale = user.locale, locale
    user.save(update_fields=["locale", "updated_at"])
    if seat is not None:
        history.record(seat, "updated", actor=actor, changes={"locale": [before, locale]})
