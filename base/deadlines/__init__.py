"""Dated things of any room: on one page, in a private calendar, and told to the manager when they are late.

A room registers a ``Room`` in ``AppConfig.ready``: see ``base/README.md``.
"""
