"""The ground of all rooms: settings, secrets, faults, the terminal, child processes."""
