"""May we send a text that asks for a yes: the one message that goes out before there is consent."""

from consent.rules.facts import LineFacts
from consent.rules.jurisdictions import ASKING_NEEDS_CONSENT
from consent.rules.lines import Channel, reachable
from consent.rules.permission import refusal_of_suppressions
from consent.rules.reasons import Reason


def refusal_to_ask(line: LineFacts, *, asked_by_person: bool) -> Reason | None:
    """Return why a text that asks for consent may not be sent to a line, or None where it may.

    asked_by_person: the person has just given us this number and waits for the text; else it came from a third
    party, and where the law counts the question itself as marketing it may not be put (CASL s. 1(3); CTIA: opt-in
    is not transferable). Whoever has stopped one purpose may be asked for another; whoever has stopped all, for
    none. An answer that the person waits for has no quiet hours.
    """
    if line.erased:
        return Reason.ERASED
    if said := refusal_of_suppressions(line, purpose_id=None, channel=Channel.SMS):
        return said
    if not line.known:
        return Reason.UNKNOWN_NUMBER
    if not reachable(line.line_type, Channel.SMS):
        return Reason.WRONG_LINE_TYPE
    if not asked_by_person and line.region in ASKING_NEEDS_CONSENT:
        return Reason.ASKING_FORBIDDEN
    return None
