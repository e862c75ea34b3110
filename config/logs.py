"""One line per event on stderr, for people (``console``) or machines (``json``)."""

import os
import re
from typing import Any

import structlog
from django.http import HttpRequest
from structlog.types import EventDict, Processor

# Addresses that open something to whoever has them (the routes with a ``token`` or ``key``: a test holds them here).
_SECRET = re.compile(
    r"(/invitation/|/password/reset/\w+-|/sign-in/link/|/preferences/address/|/calendar/)[^\s\"'?]+"
)


def hide_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Whoever tells of a request, Django and its libraries too, does not tell the secret in its address."""
    return {name: _hidden(value) for name, value in event.items()}


def _hidden(value: Any) -> Any:
    """A request told whole becomes its text, where its address stands too."""
    text = value if isinstance(value, str) else repr(value) if isinstance(value, HttpRequest) else None
    return value if text is None else _SECRET.sub(r"\1…", text)


def keep_refusals_short(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """That somebody may not, or sent nonsense, is no fault of the program: what Django says needs no traceback."""
    logger = str(event.get("logger"))
    if logger.startswith("django.security") or (
        logger == "django.request" and event.get("level") == "warning"
    ):
        event.pop("exc_info", None)
    return event


_STEPS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    hide_secrets,
    keep_refusals_short,
]
_RENDERERS: dict[str, list[Processor]] = {
    "json": [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
    "console": [
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    ],
}
# Libraries that announce each of their steps; of tasks we tell ourselves (config/celery.py).
_TALKATIVE = ("celery", "kombu")


def line_formatter(style: str = "") -> structlog.stdlib.ProcessorFormatter:
    """What turns any record, of a library too, into a line of that style, by default that of LOG_FORMAT."""
    renderers = _RENDERERS[style or os.environ.get("LOG_FORMAT") or "console"]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_STEPS,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    )


def logging_settings(style: str, level: str) -> dict[str, Any]:
    """Django's LOGGING, structlog set up alike."""
    structlog.configure(
        processors=[*_STEPS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    quiet = {name: {"level": "WARNING"} for name in _TALKATIVE}
    through_root = {name: {"handlers": [], "propagate": True} for name in ("django", "django.server")}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": line_formatter, "style": style}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": quiet | through_root,
    }
