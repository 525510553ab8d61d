"""Guards measured: puts faults into a copy of a source, lands and builds it, and tells which guard caught each.

In: an address. Out: one line for each kind of fault: how often it was put in, how often caught, by what; and how many
good rows were rejected. The project is the one that `weir add` writes, without a hand on it.
"""
