"""Reports that an authority may ask for, made from what stands in the database."""

from consent.reports.processing import Activity, Register, register

__all__ = ["Activity", "Register", "register"]
