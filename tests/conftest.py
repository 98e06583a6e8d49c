"""One profile for all property tests: repeatable, and patient with a busy machine; logs as the program makes them, to be read with `caplog`."""

# ruff: noqa: E402 # one thread a process is to be set before numpy comes, as the program does
from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from hypothesis import HealthCheck, settings

from bot import logs

settings.register_profile("patient", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
logs.configure("info", "json")
