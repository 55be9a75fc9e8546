"""What the office looks at from above: the figures of the dashboard, the sources by quality, checks of the ledger.

Counts alone leave here. What takes long is counted by a job and shown as of then; nobody who opens a page waits for it.
"""

from consent.insight.checking import ask, carry_out, left
from consent.insight.counting import GRANTS, NOES, count
from consent.insight.quality import Scorecard, scorecards

__all__ = ["GRANTS", "NOES", "Scorecard", "ask", "carry_out", "count", "left", "scorecards"]
