"""Work that outlives whoever does it: its state is in PostgreSQL, and a message to a worker only says "look".

A model becomes a job by the columns of ``models``; ``work`` does it, ``waking`` has workers do it: see
``base/README.md``.
"""
