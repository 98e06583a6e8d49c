"""What the replicas' logs say of each delivery, and which fault, if any, struck inside the send window of one that came twice.

The send window of a message opens with the last look at its lease (the log's "delivery begins") and closes when its end is on the disk ("deliveries recorded").
A fault is inside when it strikes the replica that sends, or the database, between the two: then nobody can know whether the message left, and it is sent again.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path

OUTSIDE, TWICE = "outside any window", "decided twice"


@dataclass(slots=True)
class Begun:
    """One try: the row's key, its fence (`attempt`), whose it was, the seconds left of its lease, and when it began, ended and was recorded (inf: never)."""

    key: str
    attempt: int
    owner: str
    left: float
    began: float
    ended: float = math.inf
    recorded: float = math.inf
    receipt: str = ""

    def told(self) -> str:
        """A line for whoever looks for a cause."""
        rest = f"{self.left:.1f} s left of its lease; answered after {self.ended - self.began:.2f} s, recorded after {self.recorded - self.began:.2f} s"
        return f"{self.began:.3f} {self.owner} attempt {self.attempt}, {rest}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A replica (`owner`), or with "" the database, was hurt from then until then."""

    kind: str
    owner: str
    began: float
    ended: float

    def strikes(self, one: Begun, until: float) -> bool:
        """Whether it lies in the window of that try."""
        return self.owner in {"", one.owner} and self.began <= until and self.ended >= one.began


def _events(log: Path) -> Iterator[tuple[float, dict[str, object]]]:
    for line in log.read_text(errors="replace").splitlines():
        if '"deliver' in line:
            found = json.loads(line)
            yield datetime.fromisoformat(found["timestamp"]).timestamp(), found


def read(logs: Iterable[tuple[str, Path]]) -> dict[str, list[Begun]]:
    """The tries of each row, in the order in which they began; `logs` are (owner, file)."""
    tries: dict[str, list[Begun]] = defaultdict(list)
    for owner, log in logs:
        for one in _of_a_life(owner, log):
            tries[one.key].append(one)
    for rows in tries.values():
        rows.sort(key=lambda one: one.began)
    return tries


def _of_a_life(owner: str, log: Path) -> list[Begun]:
    begun: list[Begun] = []
    latest: dict[tuple[object, object], Begun] = {}
    for at, event in _events(log):
        place = event.get("key"), event.get("attempt")
        if event["event"] == "delivery begins":
            latest[place] = Begun(str(event["key"]), int(str(event["attempt"])), owner, float(str(event["left"])), at)
            begun.append(latest[place])
        elif event["event"] == "delivery ends":
            latest[place].ended, latest[place].receipt = at, str(event["id"])
        elif event["event"] == "deliveries recorded":
            for key, attempt in event["rows"]:  # type: ignore[attr-defined] # a list of pairs, as the outbox writes it
                if (key, attempt) in latest:
                    latest[key, attempt].recorded = at
    return begun


def why(tries: Sequence[Begun], faults: Sequence[Fault]) -> Iterator[str]:
    """For each further try of one row: the fault that struck in the window of the try before, its replica's before the database's, else OUTSIDE."""
    for before, after in pairwise(tries):
        struck = [fault for fault in faults if fault.strikes(before, min(before.recorded, after.began))]
        yield next((fault.kind for fault in sorted(struck, key=lambda fault: not fault.owner)), OUTSIDE)


def sorted_out(
    doubled: Counter[str], keys: Mapping[str, Sequence[str]], tries: Mapping[str, Sequence[Begun]], faults: Sequence[Fault]
) -> Iterator[tuple[str, str]]:
    """(kind of fault, person) for each copy too many; `keys` are the rows of each person."""
    for person, copies in doubled.items():
        rows = [key for key in keys.get(person, ()) if tries.get(key)]
        causes = [cause for key in rows for cause in why(tries[key], faults)] + [TWICE] * (len(rows) - 1)
        causes.sort(key=lambda cause: cause in {OUTSIDE, TWICE})
        for cause in (causes + [OUTSIDE] * copies)[:copies]:
            yield cause, person


@dataclass
class Told:
    """What happened, and what arrived."""

    nudges: int
    kills: int = 0
    pauses: int = 0
    steps: int = 0
    restarts: int = 0
    arrived: Counter[str] = field(default_factory=Counter)
    marked: Counter[str] = field(default_factory=Counter)
    causes: list[tuple[str, str]] = field(default_factory=list)
    early: int = 0
    seconds: float = 0.0

    @property
    def doubled(self) -> Counter[str]:
        """Who got more than one copy, and how many more."""
        return Counter({person: count - 1 for person, count in self.arrived.items() if count > 1})

    def line(self, hurt: str) -> str:
        """The figures in a line."""
        causes = Counter(cause for cause, _ in self.causes)
        told = ", ".join(f"{count} with a {cause} in the send window" for cause, count in causes.items() if cause not in {OUTSIDE, TWICE})
        return (
            f"{self.nudges} due in {self.seconds:.0f} s; {self.kills} kills, {self.pauses} pauses, {self.steps} clock steps, {self.restarts} times {hurt}: "
            f"{self.nudges - len(self.arrived)} lost, {self.early} early, {self.doubled.total()} doubled ({told or 'none'}; {causes[OUTSIDE]} {OUTSIDE}, "
            f"{causes[TWICE]} {TWICE}); {self.marked.total()} say that they may have come before"
        )
