"""Mails the platform sends: their templates and the queue they wait in."""
