"""What the worker does for the CRM."""

from datetime import datetime

from crm.services import notices


def remind(activity_id: str, reminder_at: str) -> None:
    """Mail the reminder of an activity if it is still to come at this instant."""
    notices.remind(activity_id, datetime.fromisoformat(reminder_at))
