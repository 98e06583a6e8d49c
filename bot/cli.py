"""The program's verbs; each is thin and imports what it needs when it runs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.verbs.audit import audit
from bot.verbs.given import Data, Words, plainly, settings_of
from bot.verbs.keys import keys
from bot.verbs.words import confusion

if TYPE_CHECKING:
    from bot.config import Settings

for _name in ("PYPINYIN_NO_PHRASES", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Usher: a helper in group chats for joining and using the finance-software organisation.",
)
bring = typer.Typer(no_args_is_help=True, help="Takes things in.")
app.add_typer(bring, name="import")
give = typer.Typer(no_args_is_help=True, help="Gives things out.")
app.add_typer(give, name="export")
app.add_typer(audit, name="audit")
app.add_typer(keys, name="keys")


def _settings(**given: Any) -> Settings:
    """The settings, and logs as they say."""
    from bot import logs

    settings = settings_of(**given)
    logs.configure(settings.logging.level, settings.logging.format)
    return settings


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="address to listen on, instead of the setting server.host")] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on, instead of the setting server.port")] = None,
    data: Data = None,
    words: Words = None,
) -> None:
    """Runs the helper: DingTalk on one side, health and metrics on the other."""
    from bot.ports import BotError
    from bot.wiring.serving import run

    server = {name: value for name, value in {"host": host, "port": port}.items() if value is not None}
    settings = _settings(data=data, words=words or None, server=server or None)
    try:
        run(settings)
    except BotError as fault:
        raise SystemExit(str(fault)) from None


@app.command()
def demo(
    port: Annotated[int, typer.Option(envvar="PORT", help="port of the page")] = 8000,
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    data: Data = None,
    fresh: Annotated[bool, typer.Option(help="forget what was played before")] = False,
) -> None:
    """Opens the playground: a group chat in the browser, nothing else needed."""
    from bot import logs
    from bot.web.playground.app import serve as play
    from bot.words.loading import bundled

    logs.configure("warning", "console")
    asyncio.run(play(host, port, data or Path("data"), fresh, bundled()))


@app.command()
def chat(
    who: Annotated[str, typer.Option("--as", help="who is talking")] = "me",
    admin: Annotated[bool, typer.Option(help="with an admin's rights")] = False,
    data: Data = None,
    words: Words = None,
) -> None:
    """Talks with the helper in this terminal."""
    from bot.verbs.chatting import talk

    os.environ.setdefault("USHER_LOGGING__LEVEL", "error")
    settings = _settings(data=(data or Path("data")) / "chat", words=words or None)
    asyncio.run(talk(settings, who, admin))


@app.command()
def check(words: Words = None, language: Annotated[str, typer.Option(help="only this language")] = "") -> None:
    """Lints the words: intents without replies, utterances twice, templates that do not render."""
    from bot.check import faults_of

    settings = _settings(words=words or None)
    found = faults_of(list(settings.words), language)
    for line in found:
        typer.echo(line)
    if any(not line.startswith("note:") for line in found):
        raise SystemExit(1)
    typer.echo("The words are sound.")


app.command("test")(confusion)


@app.command()
def why(text: str, words: Words = None) -> None:
    """Tells how a sentence is read: normal form, what counted, the runner-up, the rule that decided."""
    from bot.words.explaining import told

    settings = _settings(words=words or None)
    for line in told(list(settings.words), text, settings.language):
        typer.echo(line)


@app.command()
def understand(words: Words = None) -> None:
    """Reads JSON lines: {"fit": [...], "lang": "zh"} or {"q": "..."}; answers one JSON line each."""
    from bot.words.explaining import answers

    settings = _settings(words=words or None)
    for line in answers(list(settings.words), sys.stdin):
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()


@bring.command("faqs")
def import_faqs(
    file: Path,
    words: Annotated[Path, typer.Option(help="overlay folder to write to")],
    replace: Annotated[bool, typer.Option(help="instead of the product's own FAQs, not beside them")] = False,
) -> None:
    """Takes FAQs from JSON, YAML, CSV or XLSX (id, question, phrasings, answer) into an overlay folder."""
    from bot.words.importing import bring_faqs

    with plainly("Nothing was imported.\n"):
        count = bring_faqs(file, words, replace=replace)
    typer.echo(f"{count} FAQs are in {words}. Next: usher check --words {words}")


@bring.command("roster")
def import_roster(
    file: Path,
    kind: Annotated[str, typer.Option(help="what the rows are: person, invite or application")] = "person",
    take: Annotated[bool, typer.Option(help="take it in; without it the file is only checked")] = False,
    data: Data = None,
    words: Words = None,
) -> None:
    """Checks a CSV or XLSX file of people, invites or applications, and with --take takes it in: all of it or nothing."""
    from bot.ports import BotError
    from bot.records import rostering
    from bot.verbs import taking
    from bot.words.loading import bundled

    if kind not in taking.KIND_NAMES:
        raise SystemExit(f"--kind is one of {', '.join(taking.KIND_NAMES)}")
    try:
        found = rostering.read(kind, file.name, file.read_bytes(), rostering.headings([bundled(), *(words or ())]))
        typer.echo("\n".join(taking.told(found)))
        if found.faults:
            raise SystemExit("Nothing was taken.")
        if take:
            new = asyncio.run(taking.take(_settings(data=data, words=words or None), found))
            typer.echo(f"{new} were new and are taken; they count from the next start on.")
    except (BotError, OSError) as fault:
        raise SystemExit(f"Nothing was taken.\n{fault}") from None


@give.command("faqs")
def export_faqs(file: Path, data: Data = None, words: Words = None) -> None:
    """Writes all FAQs as people read them, also those taught in chat, to a .xlsx, .csv, .yaml or .json file."""
    from bot.verbs.exporting import live_lessons, write_faqs

    settings = _settings(data=data, words=words or None)
    with plainly("Nothing was exported.\n"):
        typer.echo(f"{write_faqs(settings, asyncio.run(live_lessons(settings)), file)} rows are in {file}")


@give.command("all")
def export_all(file: Path, data: Data = None, words: Words = None) -> None:
    """Writes everything that is kept into one .zip of readable files; it holds personal data, so keep it safe."""
    from bot.verbs.exporting import write_all

    with plainly("Nothing was exported.\n"):
        counts = asyncio.run(write_all(_settings(data=data, words=words or None), file))
        typer.echo("\n".join(f"{name}: {count}" for name, count in counts.items()))


@give.command("lessons")
def export_lessons(words: Annotated[Path, typer.Option(help="overlay folder to write to")], data: Data = None) -> None:
    """Writes what was taught in chat into the files of an overlay folder; their comments stay."""
    from bot.verbs.exporting import live_lessons
    from bot.words.loading import bundled, load
    from bot.words.overlay import set_down

    with plainly("Nothing was exported.\n"):
        typer.echo("\n".join(set_down(asyncio.run(live_lessons(_settings(data=data))), load([bundled(), words]), words)))


@app.command()
def backup(file: Path, data: Data = None, words: Words = None) -> None:
    """Writes the database, its keys, the settings and the words into one file, also while the helper runs."""
    from bot.verbs.archiving import save

    with plainly():
        typer.echo("\n".join(save(_settings(data=data, words=words or None), file)))


@app.command()
def restore(file: Path, data: Data = None, force: Annotated[bool, typer.Option(help="replace a database that is there")] = False) -> None:
    """Brings a backup back into the data folder; the helper must be stopped."""
    from bot.verbs.archiving import bring_back

    with plainly("Nothing was restored.\n"):
        typer.echo("\n".join(bring_back(file, data or Path("data"), force=force)))


@app.command()
def doctor(data: Data = None, words: Words = None, offline: Annotated[bool, typer.Option(help="ask nobody outside this machine")] = False) -> None:
    """Looks at everything that can be wrong and says what to do."""
    from bot.doctor import findings

    found = asyncio.run(findings(_settings(data=data, words=words or None), offline))
    for one in found:
        typer.echo(f"{one.mark} {one.what}: {one.said}" + (f"\n    -> {one.todo}" if one.todo else ""))
    if any(one.mark == "✗" for one in found):
        raise SystemExit(1)


@app.command()
def init(
    file: Annotated[Path, typer.Option(help="where to write")] = Path("usher.toml"),
    admin: Annotated[str, typer.Option(help="member id of the first admin")] = "",
    force: Annotated[bool, typer.Option(help="write over an existing file")] = False,
) -> None:
    """Writes a commented settings file and names the first admin."""
    from bot.verbs.example import write_settings

    write_settings(file, admin or typer.prompt("Member id (staffId) of the first admin"), force=force)
    typer.echo(f"Wrote {file}. Next: put in the DingTalk app's keys, then: usher doctor")


@app.command("fake-dingtalk")
def fake_dingtalk(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1", port: Annotated[int, typer.Option(help="port to listen on")] = 9180
) -> None:
    """Runs the stand-in for DingTalk: robot callbacks, OpenAPI, Stream gateway, sign-in, faults; a page to speak as its members."""
    from bot.fake_dingtalk import serve as stand_in
    from bot.words.loading import bundled

    asyncio.run(stand_in(host, port, templates=bundled() / "templates"))


@app.command()
def version() -> None:
    """Prints the version."""
    from bot import __version__

    typer.echo(__version__)
