"""What people do with an object of any room: somebody takes care of it, it is seen, set aside, talked about.

A model gets it by the mixin ``models.Handled`` and a ``views.Desk`` in its URLs: see ``base/README.md``.
"""
