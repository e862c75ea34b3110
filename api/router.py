"""The one router of version 1: the modules of operations add theirs to it (see ``v1.py``)."""

from ninja import Router

router = Router()
