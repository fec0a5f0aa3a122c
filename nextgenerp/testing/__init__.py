"""What tests are written with: a client that acts as a seat, tenants, grants, query counts."""
