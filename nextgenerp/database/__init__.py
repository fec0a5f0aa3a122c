"""The fail-closed PostgreSQL backend and what the platform keeps about schemas and deferred work."""
