"""Order files: orders, credit notes and adjustments, line by line."""
