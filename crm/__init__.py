"""Whom do we hold, and where from: contacts, their numbers, sources, imports. Also the project shell."""
