"""The portal: one page, written after every run, that says whether the data are good, how fresh, and what happened.

In: views of `ops` and published marts. Out: `home()/portal/index.html` with its assets; it asks no
address outside. Alone: `weir docs` writes and serves it.
"""
