"""Use by the day, for more than a year: `at` is when the day began (UTC)."""

from typing import Final

from hoistway.store.usage_shape import UsageRows, usage_table

USAGE_DAYS = usage_table("usage_days")
DAYS: Final = UsageRows(USAGE_DAYS)
