"""The ledger is append-only by privilege, for the owner of the table too.

Deleting a product has PostgreSQL look for its movements with a row lock, which needs UPDATE on some column: it is
given on the generated one, which nobody can set.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]
    operations = [
        migrations.RunSQL(
            [
                "REVOKE UPDATE, DELETE, TRUNCATE ON stock_movement FROM CURRENT_USER",
                "GRANT UPDATE (incoming) ON stock_movement TO CURRENT_USER",
            ],
            [
                "REVOKE UPDATE (incoming) ON stock_movement FROM CURRENT_USER",
                "GRANT UPDATE, DELETE, TRUNCATE ON stock_movement TO CURRENT_USER",
            ],
        )
    ]
