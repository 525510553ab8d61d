"""The demo startup: five sources that disagree, two years of history, and rows corrupted on purpose.

`make` simulates the company (company/), writes the rows that each system would hold (systems/), corrupts some of them
and lists these in a manifest (corruption/). `tick` moves the company's time on. Alone: `python -m demo make`, `python
-m demo tick --days 7`, `python -m demo helpdesk status`.
"""
