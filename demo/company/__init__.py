"""The demo's company, simulated: its customers, their weeks, what they say."""
