"""The demo startup: five sources that do not agree, two years of history, and rows corrupted on purpose.

`make` simulates the company (`world`, `people`) and writes what each system would hold (`app`, `billing`, `events`,
`support`, `drops`), then spoils rows (`corrupt`) and lists which in a manifest. `tick` moves its time on.
Alone: `python -m demo make`, `python -m demo tick --days 7`, `python -m demo helpdesk status`.
"""
