"""What people type: mobiles, names, labelled fields, lines of invitees; and whether a value can be right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.codes import normal

MOST_LINES = 30
LONGEST = 60
HIDDEN = "\u2022" * 4
FIELDS = ("name", "mobile", "department", "post", "employee", "email")
"""Fields of the form that are known by themselves; others come from the organisation's settings and are called by their words."""
_MOBILE = re.compile(r"(?<![\d+])(?:\+?86[ -]?)?(1[3-9]\d)[ -]?(\d{4})[ -]?(\d{4})(?!\d)")
_FOREIGN = re.compile(r"\+[1-9]\d{6,14}")
_EMAIL = re.compile(r"(?i)[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_NAME = re.compile(r"[\u3400-\u9fff\u00b7]{2,12}|[A-Za-z][A-Za-z.'-]*(?: [A-Za-z][A-Za-z.'-]*){0,3}")
_EMPLOYEE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,19}")
_APART = re.compile(r"[\s,\uff0c;\uff1b\u3001|/]+")
_EDGES = " \t\r\n,\uff0c;\uff1b\u3001\u3002.:\uff1a=|\u201c\u201d\"'"
_COMMA = re.compile(r"[,\uff0c;\uff1b\u3001|/\n]")
_CODE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{3}-?[A-Za-z0-9]{2,3}(?![A-Za-z0-9])")
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Invitee:
    """A line of somebody to invite, as far as it was understood."""

    name: str
    mobile: str
    rest: str = ""


def plain(text: str) -> str:
    """One spelling of what was typed: full-width signs become narrow ones, but for punctuation between words."""
    return unicodedata.normalize("NFKC", text)


def mobile_in(text: str) -> str:
    """The first mobile of the text, digits only (with + when it is foreign), or an empty string."""
    found = _MOBILE.search(plain(text))
    if found:
        return "".join(found.groups())
    foreign = _FOREIGN.search(plain(text).replace(" ", ""))
    return foreign.group() if foreign and not foreign.group().startswith("+86") else ""


def code_in(text: str) -> str:
    """The first code of an item in the text, or an empty string."""
    return next((code for found in _CODE.findall(plain(text)) if (code := normal(found))), "")


def words_of(labels: Labels, name: str) -> tuple[str, ...]:
    """The words of a list that the labels hold, longest first, so that a longer word wins over its beginning; `_` stands for a blank inside one."""
    return tuple(sorted((word.replace("_", " ") for word in labels.get(name, "").split()), key=len, reverse=True))


def invitees(text: str, labels: Labels) -> tuple[Invitee, ...]:
    """Everybody named in the lines of a message: a name, a mobile, or both."""
    rows = (_invitee(piece, labels) for line in plain(text).splitlines()[:MOST_LINES] for piece in _pieces(line, labels))
    return tuple(row for row in rows if row.name or row.mobile or row.rest)


def _pieces(line: str, labels: Labels) -> list[str]:
    """The line cut into one piece a person: behind each mobile, else at commas, else at blanks between names."""
    numbers = list(_MOBILE.finditer(line))
    if numbers:
        ends = [number.end() for number in numbers[:-1]]
        return [line[start:end] for start, end in zip([0, *ends], [*ends, len(line)], strict=True)]
    apart = [piece for piece in re.split(r"[,\uff0c;\uff1b\u3001]", line) if piece.strip()]
    names = [part for part in _APART.split(line) if _NAME.fullmatch(_bare(part.strip(_EDGES), labels)) and not part.isascii()]
    return apart if len(apart) > 1 else names if len(names) > 1 else [line]


def _invitee(line: str, labels: Labels) -> Invitee:
    mobile = mobile_in(line)
    left = _MOBILE.sub(" ", line) if mobile and not mobile.startswith("+") else line.replace(mobile, " ") if mobile else line
    parts = [part for word in _APART.split(left) if (part := _bare(word.strip(_EDGES), labels))]
    stops, groups = words_of(labels, "stop_words"), words_of(labels, "group_words")
    parts = _joined([part for part in parts if part.casefold() not in stops])
    parts = [part for part in parts if not any(part.endswith(word) for word in groups)]
    name = next((part for part in parts if _NAME.fullmatch(part) and len(part) <= LONGEST), "")
    return Invitee(name, mobile, " ".join(part for part in parts if part != name)[:LONGEST])


def _joined(parts: list[str]) -> list[str]:
    """Latin words that follow one another are one name."""
    found: list[str] = []
    for part in parts:
        if found and part.isascii() and part.isalpha() and found[-1].replace(" ", "").isascii() and found[-1].replace(" ", "").isalpha():
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
    return found


def _bare(word: str, labels: Labels) -> str:
    """The word without the command around a name: what the labels list as spoken before and behind one."""
    before, behind = words_of(labels, "invite_before"), words_of(labels, "invite_behind")
    for _ in range(4):
        cut = next((word[len(one) :] for one in before if word.casefold().startswith(one)), word)
        cut = next((cut[: -len(one)] for one in behind if cut.casefold().endswith(one)), cut)
        if cut == word:
            break
        word = cut.strip(_EDGES)
    return word


def fields_in(text: str, labels: Labels, names: Sequence[str]) -> dict[str, str]:
    """The labelled fields of a message, by their words in the labels (`field_<name>_words`) or their own name; a mobile and an e-mail need no label."""
    shown = plain(text)
    marks = _marks(shown, labels, names)
    found: dict[str, str] = {}
    for name, said, _ in _labelled(shown, marks):
        value = _value(said, labels)
        if value:
            found.setdefault(name, value)
    mobile, mail = mobile_in(text), _EMAIL.search(shown)
    if mobile:
        found["mobile"] = mobile
    if mail and "email" in names:
        found["email"] = mail.group()
    return found


def beside(text: str, labels: Labels, names: Sequence[str]) -> str:
    """What a message says without a label: behind a labelled name or mobile, and before the first label where no name is labelled; a mobile is a comma."""
    shown = plain(text)
    marks = _marks(shown, labels, names)
    rows = _labelled(shown, marks)
    before = shown[: marks[0][0]] if marks and all(name != "name" for _, _, name in marks) else "" if marks else shown
    return ",".join(part for piece in (before, *(left for _, _, left in rows)) if (part := _MOBILE.sub(",", piece).strip(_EDGES)))


def _labelled(shown: str, marks: Sequence[tuple[int, int, str]]) -> list[tuple[str, str, str]]:
    """Each labelled field, what stands behind its label, and what is too much there: a name and a mobile end at a comma, a mobile with its last figure."""
    rows: list[tuple[str, str, str]] = []
    for place, (_, end, name) in enumerate(marks):
        said = shown[end : marks[place + 1][0] if place + 1 < len(marks) else len(shown)].strip(_EDGES)
        stop = (_MOBILE.search(said) if name == "mobile" else None) or (_COMMA.search(said) if name in ("name", "mobile") else None)
        cut = len(said) if stop is None else stop.end() if name == "mobile" and said[stop.start()].isdigit() else stop.start()
        rows.append((name, said[:cut], said[cut:]))
    return rows


def fields_named(text: str, labels: Labels, names: Sequence[str]) -> str:
    """The first field that a text names, where it says no value for it; else an empty string."""
    shown = plain(text)
    marks = _marks(shown, labels, names)
    return marks[0][2] if marks and not fields_in(shown, labels, names) else ""


def _marks(text: str, labels: Labels, names: Sequence[str]) -> list[tuple[int, int, str]]:
    """Where field words stand: start, end, field; ascending and never one inside another."""
    words = {word: name for name in names for word in (*words_of(labels, f"field_{name}_words"), *(() if name in FIELDS else (name,)))}
    if not words:
        return []
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    folded = {word.casefold(): name for word, name in words.items()}
    return [(found.start(), found.end(), folded[found.group().casefold()]) for found in pattern.finditer(text) if found.group().casefold() in folded]


def _value(piece: str, labels: Labels) -> str:
    value = piece.strip(_EDGES)
    if any(_begins(value, word) for word in words_of(labels, "field_vague_words")):
        _, _, value = (part.strip(_EDGES) for part in value.partition(","))
        if not any(_begins(value, word) for word in words_of(labels, "field_is_words")):
            return ""
    begun = next((word for word in words_of(labels, "field_is_words") if _begins(value, word)), "")
    value = value[len(begun) :].strip(_EDGES)
    if any(_begins(value, word) for word in words_of(labels, "field_vague_words")):
        return ""
    return " ".join(value.split())[:LONGEST]


def _begins(value: str, word: str) -> bool:
    """Whether the value begins with the word; a Latin one as a whole."""
    rest = value[len(word) :]
    return value.casefold().startswith(word) and not (word.isascii() and rest[:1].isalpha() and rest[:1].isascii())


def unlabelled(text: str, wanted: Sequence[str]) -> dict[str, str]:
    """A message without labels, such as a name, a mobile, a department and a post one behind the other: each piece goes to the next wanted field. Latin
    words with a blank between them are one piece; what is no employee number where one comes next belongs to the department before it."""
    mobile = mobile_in(text)
    pieces = (_joined([part for word in _APART.split(piece) if (part := word.strip(_EDGES))]) for piece in _COMMA.split(_MOBILE.sub(",", plain(text))))
    open_fields = [name for name in wanted if name not in ("mobile", "email", "files")]
    found: dict[str, str] = {}
    for part in (part for piece in pieces for part in piece):
        if open_fields[:1] == ["employee"] and "department" in found and not _numbered(part):
            found["department"] += f" {part}"
        elif open_fields:
            found[open_fields.pop(0)] = part
    return {**found, "mobile": mobile} if mobile else found


def _numbered(part: str) -> bool:
    return _EMPLOYEE.fullmatch(part) is not None and any(sign.isdigit() for sign in part)


def fault_of(name: str, value: str, *, bound: str = "", known: str = "", nick_marks: Sequence[str] = ()) -> str:
    """Why the value cannot stand, as a word for the reply, or an empty string. `bound` is the mobile and `known` the name that the invite was made out to."""
    if name == "name":
        return _name_fault(value, known, nick_marks)
    if name == "mobile":
        mobile = mobile_in(value)
        return "mobile_shape" if not mobile else "mobile_other" if bound and mobile != bound else ""
    if name == "employee":
        return "" if _EMPLOYEE.fullmatch(value) else "employee_shape"
    if name == "email":
        return "" if _EMAIL.fullmatch(value) else "email_shape"
    return "" if 2 <= len(value) <= LONGEST and any(sign.isalnum() for sign in value) else "too_short"


def _name_fault(value: str, known: str, nick_marks: Sequence[str]) -> str:
    """A real name has letters only and no mark of a nickname (S3); it is the one that was invited."""
    if not _NAME.fullmatch(value) or any(value.startswith(mark) and len(value) <= len(mark) + 1 for mark in nick_marks):
        return "name_shape"
    return "name_other" if known and value.replace(" ", "").casefold() != known.replace(" ", "").casefold() else ""


def masked_mobile(mobile: str) -> str:
    """A mobile as others may see it: its first three and last four digits."""
    return f"{mobile[:3]}{HIDDEN}{mobile[-4:]}" if len(mobile) >= 9 else HIDDEN if mobile else ""
