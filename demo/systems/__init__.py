"""The demo's systems, and how each is written: application, billing, events, helpdesk, dropped files."""
