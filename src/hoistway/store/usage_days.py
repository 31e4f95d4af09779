"""Use by the day, kept for more than a year: `at` is the beginning of the day (UTC)."""

from typing import Final

from hoistway.store.usage_shape import UsageRows, usage_table

USAGE_DAYS = usage_table("usage_days")
DAYS: Final = UsageRows(USAGE_DAYS)
