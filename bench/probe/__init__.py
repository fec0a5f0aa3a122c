"""An app with one migration, which the case ``migrate`` runs in every tenant."""
