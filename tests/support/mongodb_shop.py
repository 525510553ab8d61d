"""A collection of a MongoDB source, as a source file declares it."""

from datetime import UTC, datetime, timedelta

SHOP = """
    sources:
      - name: shop
        schema: raw_shop
        config: {meta: {connection: SHOP_URL}}
        tables:
          - name: orders
            config: {meta: {key: [_id], cursor: updated_at}}
"""
NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
