"""Organizations, tenants, users and their seats; signing in; permissions."""
