"""What somebody says in the middle of the form that is no value: wait, back, a question, a word that says nothing, a field to be changed."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.skills.joining.typed import Labels, fields_in, fields_named, plain, words_of

_EDGES = " .,!?~\u3002\uff0c\uff01\uff1f\u2026\uff5e\u3001"
_ASKING = ("?", "\uff1f")
LONGEST = 24
"""A longer text is a value or a sentence with one in it."""


def aside(text: str, labels: Labels, names: Sequence[str]) -> tuple[str, str]:
    """What it is (`wait`, `back`, `again` of a field, `question`, `noise`; empty: a value) and which field it names."""
    said = plain(text).strip()
    bare = said.casefold().strip(_EDGES)
    if not any(sign.isalnum() for sign in bare) or bare in words_of(labels, "form_noise_words"):
        return "noise", ""
    if len(said) > LONGEST or any(sign.isdigit() for sign in bare):
        return "", ""
    mending = any(word in bare for word in words_of(labels, "form_mend_words"))
    if mending and fields_in(said, labels, names):
        return "", ""
    if mending and (field := fields_named(said, labels, names)):
        return "again", field
    if any(bare.startswith(word) for word in words_of(labels, "form_wait_words")):
        return "wait", ""
    if bare in words_of(labels, "form_back_words"):
        return "back", ""
    asking = said.endswith(_ASKING) or any(bare.endswith(word) for word in words_of(labels, "form_asking_ends"))
    return ("question", "") if asking or any(bare.startswith(word) for word in words_of(labels, "form_asking_words")) else ("", "")
