"""Structured logs: one JSON object a line, secrets and personal data masked, control characters escaped."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from bot.core.masking import masked

_SECRET = re.compile(r"(?i)(access_token|ticket|sign|secret|session|password|webhook)([=:\"' ]+)[^\s&\"']+")
_PLAIN = {"event", "level", "timestamp", "logger", "kind", "reason", "intent", "id", "key", "version", "way", "exception"}


def configure(level: str, style: str) -> None:
    """Sets up logging for the process; standard-library records go the same way."""
    shared: list[Any] = [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.format_exc_info, mask]
    final: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if style == "json" else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.add_logger_name, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, final])
    )
    root = logging.getLogger()
    root.handlers = [stream]
    root.setLevel(level.upper())
    for name in ("aiohttp.access", "apscheduler", "watchfiles", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Takes secrets out of every text, and personal data out of all but the fields that never hold any."""
    for name, value in event.items():
        if isinstance(value, str):
            text = _SECRET.sub(r"\1\2***", value)
            event[name] = text if name in _PLAIN else masked(text)
    return event
