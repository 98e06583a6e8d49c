"""How well and how fast sentences are understood: `own`, `open FOLDER`, `speed FILE`, `start`.

    python bench/understanding.py own                     all own sets in tests/understanding, with the worst confusions
    python bench/understanding.py open FOLDER             every data set below FOLDER: catalogue.jsonl, test.jsonl, test_noisy.jsonl, meta.json
    python bench/understanding.py speed FILE              FILE has a phrase a line; sizes 100 to 100,000 beside rapidfuzz in the same run
    python bench/understanding.py start                   seconds and memory until the shipped words are ready, index built and index kept

A row of catalogue.jsonl is {"id", "examples"}, one of a test is {"q", "intent" or null, "kind": "in", "near_oos" or "far_oos"}, meta.json has "lang".
"""

# ruff: noqa: E402 # one thread a process is to be set before numpy comes
from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np
from rapidfuzz import fuzz, process

ROOT = Path(__file__).parents[1]
from bot.core.turn import Verdict
from bot.core.understanding import Matcher
from bot.words.loading import LANGUAGES, bundled, load

SHOTS = {"ant_zh": 2, "lcqmc_zh": 2, "xiaobu_zh": 1}
"""Examples of an intent; of the other sets 5."""
Row = dict[str, Any]


def rows(path: Path) -> list[Row]:
    """A file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def own() -> None:
    """The own sets: the one written before the phrases and the three fresh ones, by language and way of speaking, and the confusions with the most cases."""
    words = load([bundled()])
    for name in ("held_out", "fresh", "third", "fourth"):
        found = [row for row in rows(ROOT / f"tests/understanding/{name}.jsonl") if "q" in row]
        print(name)
        _own(words, found)
    false = [answered(words, row["lang"], row["q"]) for row in rows(ROOT / "tests/understanding/off_topic.jsonl")]
    print(f"off topic: {sum(false)} of {len(false)} answered")


def _own(words: Any, found: list[Row]) -> None:
    confused: Counter[tuple[str, str]] = Counter()
    for language in LANGUAGES:
        asked = [(row, words.reader.matchers[language].weigh(row["q"])) for row in found if row["lang"] == language and row["kind"] == "in"]
        confused.update((row["intent"], said.candidates[0].intent) for row, said in asked if said.candidates and not _first(row, said))
        for label, some in ((language, asked), (f"{language} hard", [(row, said) for row, said in asked if row["hard"]])):
            first = [_first(row, said) for row, said in some]
            three = [bool(_right(row) & {one.intent for one in said.candidates[:3]}) for row, said in some]
            at_once = [said.verdict is Verdict.ANSWER for _, said in some]
            wrong = [now and not hit for now, hit in zip(at_once, first, strict=True)]
            print(f"  {label}: {len(some)}, first {share(first)}, of three {share(three)}, at once {share(at_once)}, wrong at once {share(wrong)}")
    ways: dict[str, list[bool]] = {}
    for row in found:
        if "way" in row:
            ways.setdefault(f"{row['lang']} {row['way']}", []).append(_first(row, words.reader.matchers[row["lang"]].weigh(row["q"])))
    if ways:
        print("  first by way: " + ", ".join(f"{way} {sum(hits)} of {len(hits)}" for way, hits in sorted(ways.items())))
    for language in LANGUAGES:
        false = [answered(words, language, row["q"]) for row in found if row["kind"] != "in" and row["lang"] == language]
        print(f"  {language} out of scope: {sum(false)} of {len(false)} answered")
    for (intent, other), count in sorted(confused.items(), key=lambda pair: (-pair[1], pair[0]))[:12]:
        print(f"    {count} {intent} -> {other}")


def _right(row: Row) -> set[str]:
    return {row["intent"], *row.get("also", ())}


def _first(row: Row, said: Any) -> bool:
    return bool(said.candidates) and said.candidates[0].intent in _right(row)


def answered(words: Any, language: str, text: str) -> bool:
    """Whether a question that is not ours got an answer; small talk may be answered."""
    said = words.reader.matchers[language].weigh(text)
    return said.verdict is Verdict.ANSWER and not said.candidates[0].intent.startswith("chat.")


def share(hits: list[bool]) -> str:
    """Per cent."""
    return f"{100 * sum(hits) / max(1, len(hits)):.1f}"


def opened(folder: Path) -> None:
    """Each data set, clean and noisy."""
    print("| set | shots | acc@1 | of three | at once at 95 % | near refused | far refused | ECE |\n|---|---|---|---|---|---|---|---|")
    for path in sorted(folder.glob("*/catalogue.jsonl")):
        shots = SHOTS.get(path.parent.name, 5)
        language = json.loads((path.parent / "meta.json").read_text())["lang"]
        matcher = Matcher()
        matcher.fit([{**row, "examples": row["examples"][:shots]} for row in rows(path)], language)
        for name in ("test", "test_noisy"):
            tests = path.parent / f"{name}.jsonl"
            if tests.exists():
                label = path.parent.name + (" noisy" if name == "test_noisy" else "")
                print(f"| {label} | {shots} | " + " | ".join(_measured(matcher, rows(tests))) + " |", flush=True)


def _measured(matcher: Matcher, asked: list[Row]) -> list[str]:
    said = [(row, matcher.weigh(row["q"])) for row in asked]
    ours = [(row, found) for row, found in said if row["kind"] == "in"]
    hits = np.array([bool(found.candidates) and found.candidates[0].intent == row["intent"] for row, found in ours])
    three = [row["intent"] in {one.intent for one in found.candidates[:3]} for row, found in ours]
    scope = np.array([found.in_scope for _, found in ours])
    sure = np.array([found.candidates[0].score if found.candidates else 0.0 for _, found in ours])
    bar = np.sort(scope)[int(0.05 * len(scope))]
    refused = []
    for kind in ("near_oos", "far_oos"):
        others = np.array([found.in_scope for row, found in said if row["kind"] == kind])
        refused.append(f"{100 * (others < bar).mean():.0f}" if len(others) else "")
    strangers = np.array([found.candidates[0].score if found.candidates else 0.0 for row, found in said if row["kind"] != "in"])
    return [f"{100 * hits.mean():.1f}", share(three), f"{_covered(sure, hits, strangers):.0f}", *refused, f"{_off(sure, hits):.1f}"]


def _covered(sure: Any, hits: Any, strangers: Any) -> float:
    """Share of the questions that could be answered at once, rightly, with 95 of 100 answers right, one stranger to four of ours."""
    mass = np.concatenate((np.ones(len(sure)), np.full(len(strangers), len(sure) / 4 / max(1, len(strangers)))))
    right = np.concatenate((hits, np.zeros(len(strangers))))
    order = np.argsort(-np.concatenate((sure, strangers)), kind="stable")
    good, all_ = np.cumsum((right * mass)[order]), np.cumsum(mass[order])
    fine = good / all_ >= 0.95
    return float(100 * good[fine].max() / len(sure)) if fine.any() else 0.0


def _off(sure: Any, hits: Any) -> float:
    """Expected calibration error over ten bins, in points."""
    place = np.minimum((sure * 10).astype(int), 9)
    return float(100 * sum((place == bin_).mean() * abs(sure[place == bin_].mean() - hits[place == bin_].mean()) for bin_ in set(place.tolist())))


def speed(path: Path) -> None:
    """One process per size, so that memory is that size's alone."""
    print("| phrases | p50 ms | p99 ms | rapidfuzz p50 | ratio | build s | memory MiB |\n|---|---|---|---|---|---|---|")
    for size in (100, 1_000, 10_000, 100_000):
        subprocess.run([sys.executable, __file__, "one", str(path), str(size)], check=True)


def one(path: Path, size: int) -> None:
    """A row of the speed table: five phrases an intent, a thousand questions that are not among them. Time is the thread's own: others' turns on a shared
    machine are not counted, ours and rapidfuzz's alike."""
    lines = path.read_text(encoding="utf-8").splitlines()
    phrases, asked = lines[:size], lines[-1_000:]
    small = Matcher()
    small.fit([{"id": "a", "name": "", "examples": lines[:1]}], "zh")
    before = _rss()
    matcher, started = Matcher(), time.thread_time()
    matcher.fit([{"id": f"i{at:06}", "name": "", "examples": phrases[at : at + 5]} for at in range(0, size, 5)], "zh")
    built, grown = time.thread_time() - started, _rss() - before
    ours, theirs = [], []
    for text in asked:
        started = time.thread_time()
        matcher.weigh(text)
        ours.append(time.thread_time() - started)
        if len(theirs) < 300:
            started = time.thread_time()
            process.extractOne(text, phrases, scorer=fuzz.ratio)
            theirs.append(time.thread_time() - started)
    mine, peer = np.percentile(ours, (50, 99)) * 1000, float(np.median(theirs)) * 1000
    print(f"| {size:,} | {mine[0]:.2f} | {mine[1]:.2f} | {peer:.2f} | {mine[0] / peer:.2f} | {built:.2f} | {grown:.0f} |", flush=True)


def start() -> None:
    """Two starts in fresh processes, without and with a kept index."""
    code = "import time; t = time.perf_counter(); from bot.words.loading import bundled, load; w = load([bundled()]); print(time.perf_counter() - t)"
    with tempfile.TemporaryDirectory() as folder:
        for label in ("index built", "index kept", "index kept, again"):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            code_ = code + "; print(int(open('/proc/self/statm').read().split()[1]) * 4 // 1024)"
            told = subprocess.run(
                [sys.executable, "-c", code_], cwd=ROOT, env={**os.environ, "XDG_CACHE_HOME": folder}, capture_output=True, text=True, check=True
            )
            seconds, memory = told.stdout.split()
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            print(f"{label}: {float(seconds):.2f} s, {after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime:.2f} s of CPU, {memory} MiB")


def _rss() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 2**20


if __name__ == "__main__":
    verbs = {
        "own": own,
        "open": lambda: opened(Path(sys.argv[2])),
        "speed": lambda: speed(Path(sys.argv[2])),
        "start": start,
        "one": lambda: one(Path(sys.argv[2]), int(sys.argv[3])),
    }
    verbs.get(sys.argv[1] if len(sys.argv) > 1 else "", lambda: print(__doc__))()
