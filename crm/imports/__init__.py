"""Importing lists of people: read a file, map its columns, stage it, show what would happen, commit it."""
