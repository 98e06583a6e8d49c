"""The pages that are made from the code: `python -m bot.reference` writes docs/reference/ and usher.example.toml anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.cli import app
from bot.config import PREFIX, Section, Settings
from bot.core.lifecycle.access import GRANTS, REQUESTS
from bot.core.lifecycle.joining import APPLICATIONS, INVITES, MEMBERS
from bot.core.lifecycle.moves import Table, diagram
from bot.core.rights import CARE, RIGHTS, Care
from bot.verbs.example import example
from bot.words.loading import LANGUAGES, Heading, bundled, headings, labels_of

MADE = "<!-- made by `make reference`; edit the code, not this page -->\n"
ROOT = Path(__file__).parents[1]
SOURCES = """\
The command line stands over secret files, these over the environment, that over the TOML file. The file is `USHER_CONFIG`, else `usher.toml` in the working
folder, else `/etc/usher/usher.toml`. Secret files lie in `/run/secrets`, or in the folder `USHER_SECRETS`, and are called like the variable. Unknown keys are
faults, and all faults are named at once. `usher doctor` says what was found where.
"""
LIVES = """\
Each move is a row of a table in `bot/core/lifecycle/`; what has no row cannot happen and leaves no trace. Overdue is derived from how long something waits
and is no state.
"""
TABLES: Mapping[str, Table] = {"Invite": INVITES, "Application": APPLICATIONS, "Membership": MEMBERS, "Permission request": REQUESTS, "Grant": GRANTS}
CARES = """\
Who may give them: admins, and whoever was given a single one in chat. Where: `anywhere`, `moved` (answered in the private chat), `private` (refused
where others read along). Care: `none`, `code` (the effect is shown, and a one-time code is the only way on), `second` (a second admin confirms as well,
where there is one). With one character wrong nothing happens; a command that is only spoken of - quoted, asked about, denied - is asked about.
"""
MEANT = """\
What can be meant, by group. Where: `group` is answered where it was asked, `private` moves to the private chat. The words stand in `intents/<language>/`.
"""


def pages() -> Mapping[Path, str]:
    """Every made file, by its path in the checkout. Raises WordsError."""
    folder = Path("docs/reference")
    return {
        folder / "settings.md": "\n".join(_settings()) + "\n",
        folder / "commands.md": "\n".join(_commands()) + "\n",
        folder / "admin-commands.md": "\n".join(_admins()) + "\n",
        folder / "intents.md": "\n".join(_intents()) + "\n",
        Path("docs/lifecycle.md"): "\n".join(_lives()) + "\n",
        Path("usher.example.toml"): example(),
    }


def _lives() -> Iterator[str]:
    yield f"{MADE}\n# What may follow what\n"
    yield LIVES
    for name, moves in TABLES.items():
        yield f"\n## {name}\n\n```mermaid\n{diagram(moves)}\n```\n"
        yield "| move | from | to | by |\n|---|---|---|---|"
        yield from (f"| {move.name} | {', '.join(move.sources)} | {move.target} | {', '.join(move.by)} |" for move in moves.values())


def _settings() -> Iterator[str]:
    yield f"{MADE}\n# Settings\n"
    yield SOURCES
    plain = {name: field for name, field in Settings.model_fields.items() if not isinstance(field.default, Section)}
    yield from _table("", plain)
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, Section):
            yield f"\n## {name}\n\n{' '.join((type(field.default).__doc__ or '').split())}\n"
            yield from _table(name, type(field.default).model_fields)


def _table(section: str, fields: Mapping[str, FieldInfo]) -> Iterator[str]:
    yield "| setting | variable | default | meaning |\n|---|---|---|---|"
    for name, field in fields.items():
        setting = f"{section}.{name}" if section else name
        yield f"| `{setting}` | `{PREFIX}{setting.upper().replace('.', '__')}` | {_default(field.default)} | {_cell(field.description or '')} |"


def _default(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if value not in ("", (), {}, None) and not callable(value) and "Undefined" not in repr(value) else "none"


def _commands() -> Iterator[str]:
    yield f"{MADE}\n# Commands\n\n`.venv/bin/usher VERB`, or `python -m bot VERB`. `usher VERB --help` says the same.\n"
    root: Any = typer.main.get_command(app)
    for name, command in sorted(_verbs(root)):
        yield f"\n## usher {name}\n\n{(command.help or '').strip()}\n"
        rows = [_option(parameter) for parameter in command.params if parameter.name != "help"]
        if rows:
            yield "| argument | default | meaning |\n|---|---|---|"
            yield from rows


def _verbs(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _verbs(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def _option(parameter: Any) -> str:
    shown = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("-")) or f"`{parameter.name.upper()}`"
    default = "required" if parameter.required else _default(parameter.default)
    meaning = _cell(getattr(parameter, "help", None) or "")
    return f"| {shown} | {default} | {meaning}{f' (variable `{parameter.envvar}`)' if parameter.envvar else ''} |"


def _admins() -> Iterator[str]:
    yield f"{MADE}\n# Admin commands by message\n\n{CARES}"
    labels = labels_of([bundled()], headings([bundled()]), [])
    yield f"\n| command | {' | '.join(LANGUAGES)} | where | care |\n|---|{'---|' * len(LANGUAGES)}---|---|"
    for name, right in sorted(RIGHTS.items()):
        said = (next((words[key] for key in (f"example_{name}", f"say_{name}") if key in words), "") for words in labels.values())
        cares = (_care(care, argument and labels["en"].get(f"grave_{name}", argument)) for (command, argument), care in CARE.items() if command == name)
        yield f"| `{name}` | {' | '.join(_cell(one) or 'by button or code' for one in said)} | {right.place} | {', '.join(cares) or 'none'} |"


def _care(care: Care, what: str) -> str:
    return f"{care}: {what}" if what else str(care)


def _intents() -> Iterator[str]:
    yield f"{MADE}\n# Intents\n"
    yield MEANT
    found = headings([bundled()])
    for group in sorted({name.partition(".")[0] for name in found}):
        yield f"\n## {group}\n\n| intent | {' | '.join(LANGUAGES)} | for | where | buttons |\n|---|{'---|' * len(LANGUAGES)}---|---|---|"
        yield from (_row(name, heading) for name, heading in sorted(found.items()) if name.partition(".")[0] == group)


def _row(name: str, heading: Heading) -> str:
    questions = " | ".join(_cell(heading.questions.get(language, "")) for language in LANGUAGES)
    buttons = ", ".join(f"`{one}`" for one in heading.intent.follow_up)
    return f"| `{name}` | {questions} | {heading.intent.audience} | {heading.intent.scope} | {buttons} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    for place, page in pages().items():
        (ROOT / place).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / place).write_text(page, encoding="utf-8")
