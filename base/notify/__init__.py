"""What people are told, in the app and by e-mail: once, in their language, and nothing they may not see when they
read it.

A room registers its kinds in ``AppConfig.ready`` and calls ``tell``: see ``base/README.md``.
"""
