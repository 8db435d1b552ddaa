"""Speed, accuracy and memory, ours and our peers'. `make bench` runs all of it.

The suites (``test_*.py``, pytest-benchmark) run once in the environment of each side,
on the same arrays; `sides` has what a side does for an answer, `results` merges what
the runs found into tables. The programs (``growth``, ``extraction``, ``page``) are ours
alone or bring their peer along.
"""
