"""Wires only. Loading the Celery application here lets every ``shared_task`` find its broker."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
