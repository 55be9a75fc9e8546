"""What the templates of the admin say alike."""

from datetime import datetime

from django import template

from crm import moments

register = template.Library()


@register.filter
def moment(at: datetime | None) -> str:
    """Return a moment (aware) as staff read it, in their time zone, with UTC on hover; a dash for none."""
    return moments.timed(at)


@register.filter
def day(at: datetime | None) -> str:
    """Return the day of a moment (aware) in the time zone of staff, with UTC on hover; a dash for none."""
    return moments.timed_day(at)
