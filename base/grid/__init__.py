"""A sheet in a page: rows × columns of numbers, typed, pasted from Excel and back, saved as one plain form.

``sheet`` says what is in it, ``markup`` draws it, ``reading`` reads what was sent. See ``base/README.md``.
"""
