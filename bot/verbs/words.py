"""The verb `usher test`; it imports what it needs when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.verbs.given import Words, settings_of


def confusion(
    words: Words = None,
    language: Annotated[str, typer.Option(help="zh or en; both when empty")] = "",
    folds: Annotated[int, typer.Option(help="parts the utterances are cut into; each is left out once")] = 5,
    thresholds: Annotated[bool, typer.Option("--thresholds", help="only from where on is answered at once, and when that was found")] = False,
) -> None:
    """Tells how well the words are told apart: every utterance is asked of a matcher that never saw it."""
    from bot.ports import WordsError
    from bot.words import confusion
    from bot.words.loading import LANGUAGES

    if language not in {"", *LANGUAGES} or folds < 2:
        raise SystemExit(f"--language is one of {', '.join(LANGUAGES)}, --folds at least 2")
    overlays = list(settings_of(words=words or None).words)
    try:
        for name in (language,) if language else LANGUAGES:
            for line in confusion.thresholds(overlays, name) if thresholds else confusion.told(overlays, name, folds):
                typer.echo(line)
    except WordsError as fault:
        raise SystemExit(f"The words have faults; usher check names them all.\n{fault}") from None
