"""Files put beside any object: their type found by what they hold, kept in the database, open to who sees the object.

See base/README.md for the smallest use.
"""
