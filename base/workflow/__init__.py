"""States that a record of any room goes through: who may take which step, what it asks for, and its trail.

A model gets it by the mixin ``models.InWorkflow`` with its table of steps: see ``base/README.md``.
"""
