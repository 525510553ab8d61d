"""The demo's systems: application, billing, events, helpdesk, dropped files; their rows, and how these are written."""
