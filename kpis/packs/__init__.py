"""Indicator packs: the calendar, dimensions, measures and indicators of a business, as TOML."""
