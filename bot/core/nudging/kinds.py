"""The kinds of things that people are reminded of, and what admins can set of each: data that stands above the settings, as text with one form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.core.nudging.policy import NudgePolicy, Pace

KIND = "nudging.kind."
"""Names of the values: with the kind behind it, `first=480 gaps=2,2,2 escalates=yes`, or `off`."""
PACED = ("application", "request", "oa")
"""What waits for a decision: a whole pace can be set."""
SPACED = ("review", "setup")
"""A round of review and the setup list: once in so many working days."""
KINDS = (*PACED, *SPACED, "works")
"""All, in the order in which they are told; "does it work?" can be silenced and nothing else."""
OFF = "off"
_FORM = re.compile(r"first=(\d{1,5}) gaps=(\d{1,2}(?:,\d{1,2})*) escalates=(yes|no)")


def written(pace: Pace) -> str:
    """The pace as it is kept."""
    return OFF if pace.off else f"first={pace.first} gaps={','.join(map(str, pace.gaps))} escalates={'yes' if pace.escalates else 'no'}"


def read(text: str, usual: Pace) -> Pace | None:
    """The pace that was kept; None for nothing or anything else."""
    if text == OFF:
        return replace(usual, off=True)
    found = _FORM.fullmatch(text)
    return Pace(int(found[1]), tuple(map(int, found[2].split(","))), found[3] == "yes") if found else None


def paced(policy: NudgePolicy, said: Mapping[str, str]) -> NudgePolicy:
    """The policy with the kinds that were set in chat."""
    kinds = {kind: pace for kind in KINDS if (pace := read(said.get(KIND + kind, ""), policy.pace(kind))) is not None}
    return replace(policy, kinds={**policy.kinds, **kinds}) if kinds else policy
