"""One profile for all property tests: repeatable, and patient with a busy machine; logs as the program makes them, to be read with `caplog`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from bot import logs

settings.register_profile("patient", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
logs.configure("info", "json")
