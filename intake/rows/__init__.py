"""Rows of any model from a workbook or a delimited file: a template out, rows in, and what they would do said first.

A room declares what its rows are (``kinds.py``); the pages, the reading and the checking are here.
"""
