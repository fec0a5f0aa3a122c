"""Receipts are append-only by privilege, as history is: what was written down is reversed, never edited.

Rows others refer to are locked by whoever refers to them, and a lock needs the right to update some column: that of the
id, which nobody changes, stands for it.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("finance", "0001_initial")]
    operations = [
        migrations.RunSQL(
            [
                "REVOKE UPDATE, DELETE, TRUNCATE ON receipt FROM CURRENT_USER",
                "GRANT UPDATE (id) ON receipt TO CURRENT_USER",
            ],
            ["GRANT UPDATE, DELETE, TRUNCATE ON receipt TO CURRENT_USER"],
        )
    ]
