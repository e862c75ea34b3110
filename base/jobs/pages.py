"""The part of a job's page that changes while it works."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from base.jobs.models import Job

STOP_POLLING = 286  # htmx: swap, and do not ask again


def progress(request: HttpRequest, job: Job, template: str, context: dict[str, Any]) -> HttpResponse:
    """That part, asked again each second until the job is over."""
    return render(request, template, context, status=200 if job.in_progress else STOP_POLLING)
