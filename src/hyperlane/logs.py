"""Log events: a name and fields, as JSON or for people. Secrets are never passed to it.

What strangers wrote is: it is cut, and shown in characters that no terminal acts upon.
"""

import io
import logging
import sys

import structlog

from hyperlane.settings import LogSettings
from hyperlane.wording import one_line

_LONGEST = 2000
"""Characters of a field."""

_LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "off": logging.CRITICAL,  # which no agent uses; structlog knows no level above
}


def _bounded(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {
        name: one_line(value, _LONGEST) if isinstance(value, str) else value
        for name, value in event.items()
    }


def configure_logging(settings: LogSettings) -> None:
    """Send events of the wanted level and above to standard output."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stdout.isatty(), pad_event_to=24 if settings.format == "pretty" else 0
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _bounded,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
