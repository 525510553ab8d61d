"""The command people type, the settings, and the warehouse: embedded or yours."""
