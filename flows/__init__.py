"""The only place that knows Prefect: the flow, its server, its deployments."""
