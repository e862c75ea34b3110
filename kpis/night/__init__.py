"""Inside a night: what it freezes, its figures as arrays, its steps."""
