"""The form as data: which fields it has, what is missing or wrong, what changed since it was turned down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.facts import Facts
from bot.core.lifecycle.joining import OPEN, PASSED
from bot.core.model import Application
from bot.core.skills.joining.own import Standing
from bot.core.skills.joining.typed import FIELDS, Labels, beside, fault_of, fields_in, masked_mobile, mobile_in, plain, unlabelled, words_of

ANSWER = "answer"
"""The field of what an applicant answers to the reviewer's question in their own words."""
FILES = "files"
"""The field of evidence; as every field of photos and files it is filled by sending one, and its value says what was sent."""
SKIPPED = PASSED


@dataclass(frozen=True, slots=True)
class Wish:
    """A field of the form and whether it must be filled."""

    name: str
    required: bool


def wishes(facts: Facts) -> tuple[Wish, ...]:
    """The form's fields in the order in which they are asked: as the organisation sets them, the real name and the mobile always."""
    organisation, labels = facts.policy.organisation, facts.catalogue.labels.get("zh", {})
    required = [field_of(word, facts) for word in organisation.required_fields]
    optional = [field_of(word, facts) for word in organisation.optional_fields]
    first = ["name", "mobile", *(["department"] if not required else [])]
    names = list(dict.fromkeys((*first, *required)))
    refused = set(words_of(labels, "field_never_words"))
    return tuple(
        [Wish(name, True) for name in names if name not in refused] + [Wish(name, False) for name in dict.fromkeys(optional) if name not in {*names, *refused}]
    )


def field_of(word: str, facts: Facts) -> str:
    """The field that a word of the settings means; a word nobody knows is a field of its own."""
    for labels in facts.catalogue.labels.values():
        for name in (*FIELDS, FILES):
            if word.casefold() in words_of(labels, f"field_{name}_words"):
                return name
    return word


def is_file(name: str, labels: Labels) -> bool:
    """Whether the field is filled by sending a photo or a file: the one of evidence, or one of the settings whose name says so."""
    return name == FILES or any(name.casefold().endswith(word) for word in words_of(labels, "field_files_words"))


def file_fields(facts: Facts, labels: Labels) -> tuple[str, ...]:
    """The form's fields that are filled by sending something."""
    return tuple(wish.name for wish in wishes(facts) if is_file(wish.name, labels))


def named(name: str, labels: Labels) -> str:
    """What the field is called."""
    return labels.get(f"field_{name}", name)


def labels_of(facts: Facts, language: str) -> Labels:
    """The labels to read a message with: those of both languages, since people mix them. Where the post is asked for, too, a department is only that;
    where it is not, its words mean the one field of both."""
    other = facts.catalogue.labels.get("en" if language == "zh" else "zh", {})
    mine = facts.catalogue.labels.get(language, {})
    lists = {key for key in (*other, *mine) if key.endswith(("_words", "_before", "_behind"))}
    told = {**other, **mine, **{key: f"{mine.get(key, '')} {other.get(key, '')}" for key in lists}}
    if any(wish.name == "post" for wish in wishes(facts)):
        return {**told, "field_department": told.get("profile_department") or told.get("field_department", "")}
    return {**told, "field_department_words": f"{told.get('field_department_words', '')} {told.get('field_post_words', '')}"}


def value_of(application: Application, name: str) -> str:
    """A field's value for people, a passed-over field empty."""
    value = application.field(name)
    return "" if value == SKIPPED else value


def open_fields(application: Application, facts: Facts) -> tuple[Wish, ...]:
    """What is still to be asked: after a rejection the wrong fields that were not mended, else what nobody filled or passed over."""
    if application.state == "rejected" and application.wrong:
        known = {wish.name: wish for wish in wishes(facts)}
        return tuple(known.get(name, Wish(name, True)) for name in application.wrong if name != "role" and not mended(application, name))
    return tuple(wish for wish in wishes(facts) if not value_of(application, wish.name) and application.field(wish.name) != SKIPPED)


def mended(application: Application, name: str) -> bool:
    """Whether the field differs from what was turned down."""
    return value_of(application, name) != _before(application, name)


def _before(application: Application, name: str) -> str:
    """What the field said when it was turned down."""
    value = dict(application.before).get(name, "")
    return "" if value == SKIPPED else value


def changes(application: Application, facts: Facts) -> list[dict[str, str]]:
    """What differs from what was turned down: field, before, after (X13)."""
    if not application.before:
        return []
    names = dict.fromkeys((*(wish.name for wish in wishes(facts)), *(name for name, _ in application.fields)))
    return [{"field": name, "before": _before(application, name), "after": value_of(application, name)} for name in names if mended(application, name)]


def with_values(application: Application, values: Mapping[str, str]) -> Application:
    """The application with these values; a mobile as digits."""
    clean = {name: mobile_in(value) or value if name == "mobile" else value for name, value in values.items()}
    kept = tuple((name, value) for name, value in application.fields if name not in clean)
    order = [name for name, _ in application.fields]
    merged = {**dict(kept), **clean}
    names = [*order, *(name for name in clean if name not in order)]
    return replace(application, fields=tuple((name, merged[name]) for name in names))


def understood(text: str, asked: str, wanted: Sequence[str], labels: Labels, names: Sequence[str]) -> dict[str, str]:
    """The values in a message: by their labels, else in the order of the missing fields, else the one that was asked for."""
    found = fields_in(text, labels, names)
    rest = beside(text, labels, names) if found else ""
    missing = [name for name in wanted if name not in found]
    if "mobile" in found and set(found) - {"mobile"}:
        return {**unlabelled(rest, missing), **found}
    if set(found) - {"mobile"} or (found and (asked == "mobile" or not rest)):
        return found
    if rest and not asked and not wanted:
        return {}
    pieces = unlabelled(rest, missing)
    if pieces:
        return {**pieces, **found}
    value = " ".join(plain(text).split())
    return {asked: value} if asked and value else found


def faults(values: Mapping[str, str], found: Standing, labels: Labels) -> dict[str, str]:
    """What is wrong with which of the values, by the invite they must agree with (S3, R36)."""
    invite, member = found.invite, found.member
    bound = (invite.mobile if invite else "") or (member.mobile if member else "")
    marks = words_of(labels, "nickname_words")
    told = {
        name: fault_of(name, value, bound=bound, known=invite.name if invite else "", nick_marks=marks) for name, value in values.items() if value != SKIPPED
    }
    return {name: fault for name, fault in told.items() if fault}


def may_begin(found: Standing) -> str:
    """Why no application may be begun, as a word, or an empty string: one is open (S4), they are in already, or nobody invited them (S1)."""
    if found.application and found.application.state in OPEN:
        return "open"
    if found.joined:
        return "joined"
    return "" if found.invite and found.invite.state in ("sent", "opened") else "no_invite"


def shown(application: Application, labels: Labels, facts: Facts) -> list[dict[str, str]]:
    """The filled fields by what they are called, for their owner."""
    names = dict.fromkeys((*(wish.name for wish in wishes(facts)), *(name for name, _ in application.fields)))
    return [{"label": named(name, labels), "value": value} for name in names if (value := value_of(application, name))]


def changed(application: Application, facts: Facts, *, whole: bool = True) -> list[dict[str, str]]:
    """The differences; not `whole`: a mobile is masked, since somebody else reads it."""
    return [row if whole else masked_row(row) for row in changes(application, facts)]


def masked_row(row: dict[str, str]) -> dict[str, str]:
    """A difference as others than its owner may see it."""
    return {**row, "before": masked_mobile(row["before"]), "after": masked_mobile(row["after"])} if row["field"] == "mobile" else row
