"""Which kinds of line can be texted or called."""

import pytest

from consent.rules.lines import Channel, reachable
from crm.phones import LineType

BOTH = {Channel.SMS, Channel.CALL}
CALL = {Channel.CALL}
EXPECTED: dict[LineType, set[Channel]] = {
    LineType.MOBILE: BOTH,
    LineType.FIXED_LINE_OR_MOBILE: BOTH,
    LineType.FIXED_LINE: CALL,
    LineType.VOIP: CALL,
    LineType.PERSONAL_NUMBER: CALL,
    LineType.TOLL_FREE: CALL,
    LineType.SHARED_COST: CALL,
    LineType.UAN: CALL,
    LineType.PREMIUM_RATE: set(),
    LineType.PAGER: set(),
    LineType.VOICEMAIL: set(),
    LineType.UNKNOWN: set(),
}


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("line_type", LineType)
def test_a_line_is_reachable_on_the_channels_of_its_type(line_type: LineType, channel: Channel) -> None:
    assert reachable(line_type, channel) is (channel in EXPECTED[line_type])
    assert reachable(line_type.value, channel) is (channel in EXPECTED[line_type]), "stored text is as good"


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("line_type", ["", "MOBILE", "satellite"])
def test_a_line_of_a_type_nobody_has_named_is_not_reachable(line_type: str, channel: Channel) -> None:
    assert not reachable(line_type, channel)
