"""Pure law: each rule that permission and deadlines rest on, as a function of plain values, with its source.

Nothing here reads a clock, a setting or a database, and nothing imports Django: the same question gets the
same answer on any day, so that a decision of last year can be worked out again.
"""

# Stamped on every decision; it changes whenever a rule in this package gives another answer than before.
RULE_SET = "2026.2"
