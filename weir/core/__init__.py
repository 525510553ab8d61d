"""What every room needs and no room owns: settings, secrets, faults, the terminal, processes."""
