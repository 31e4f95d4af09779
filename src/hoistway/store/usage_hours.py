"""Use by the hour, for the last weeks: `at` is the beginning of the hour."""

from typing import Final

from hoistway.store.usage_shape import UsageRows, usage_table

USAGE_HOURS = usage_table("usage_hours")
HOURS: Final = UsageRows(USAGE_HOURS)
