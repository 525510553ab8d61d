"""Alerts: short texts to people, by the addresses of ALERT_URLS. Knows nothing of incidents."""
