"""Facts files: figures already summed by day, long (date, measure, value) or wide (one column per measure)."""
