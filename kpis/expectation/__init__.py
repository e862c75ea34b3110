"""What is expected of a daily series, and how far it may stray: pure numpy, no Django, no database."""
