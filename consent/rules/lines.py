"""Which kind of line can be reached on which channel.

The kinds are those of libphonenumber (`crm.phones.LineType`): they describe the range of the number. A kind
that no row names is not reachable, so a new kind in the metadata denies until somebody has thought about it.
"""

from enum import StrEnum


class Channel(StrEnum):
    """A way to reach a line."""

    SMS = "sms"
    CALL = "call"


_REACHABLE = {
    # A text to any other range is lost or read aloud by a machine: only these two hold mobile telephones.
    Channel.SMS: frozenset({"mobile", "fixed_line_or_mobile"}),
    Channel.CALL: frozenset(
        {
            "fixed_line",  # a telephone
            "mobile",  # a telephone
            "fixed_line_or_mobile",  # a telephone, North America does not say which
            "voip",  # a telephone on the Internet
            "personal_number",  # follows the person who gave it to us
            "toll_free",  # an organisation's line; the call costs its owner, who published it
            "shared_cost",  # an organisation's line; we bear our part of the cost
            "uan",  # an organisation's switchboard
            # premium_rate: nobody's own line, and the call is billed as a service (a known fraud)
            # pager: takes a code, not a voice
            # voicemail: a mailbox that is dialled by its owner
            # unknown: no longer in an assigned range, so it may be another person's tomorrow
        }
    ),
}


def reachable(line_type: str, channel: Channel) -> bool:
    """Whether a line of this type (a value of `crm.phones.LineType`) can be reached on the channel.

    This is about the technique only; that it may be reached is for permission to say. An unknown text is
    False.
    """
    return line_type in _REACHABLE[channel]
