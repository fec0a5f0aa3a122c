"""Leads, customers and deals of a tenant."""
