"""Variables of answers: a closed list of the organisation's values that a taught answer may name in double braces. Nothing else in braces is filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot.core.model import Organisation, link_of

FIELDS = (
    "contact", "approvers", "software_name", "software_version", "company_name", "org_name", "review_time", "invite_link_life", "support_hotline",
    "escalation_channel", "software_url", "guide_url", "training_url",
)  # fmt: skip
"""The values that may be named, in the order in which they are listed."""
LINKS = frozenset({"software_url", "guide_url", "training_url"})
"""Those that are addresses: https only."""
LONGEST = 60
LONGEST_LINK = 400
_NAMED = re.compile(r"\{\{[ \t]*([^\W\d][\w ]{0,29}?)[ \t]*\}\}")
Labels = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Variables:
    """How the variables are spelled: `spelled` maps every spelling to its field, `titles` a field to its name, `unset` stands where nobody has set the value,
    with {} for the name."""

    spelled: Mapping[str, str]
    titles: Mapping[str, str]
    unset: str

    @classmethod
    def of(cls, labels: Labels, language: str) -> Variables:
        """From the labels `var_<field>`, spellings parted by |, the first of `language` being the name."""
        spelled = {field: field for field in FIELDS}
        for words in labels.values():
            for field in FIELDS:
                spelled.update({_form(one): field for one in words.get(f"var_{field}", "").split("|") if one.strip()})
        own = labels.get(language, {})
        titles = {field: own.get(f"var_{field}", "").split("|")[0].strip() or field for field in FIELDS}
        return cls(spelled, titles, own.get("var_unset", "{}"))

    def field(self, name: str) -> str:
        """The field that is meant, empty for none."""
        return self.spelled.get(_form(name), "")

    def pieces(self, text: str) -> Iterator[tuple[str, str]]:
        """(text, field) in their order: of a variable the text is its name as it is spelled, of anything else the field is empty."""
        start = 0
        for found in _NAMED.finditer(text):
            field = self.field(found[1])
            if field:
                yield text[start : found.start()], ""
                yield found[1], field
                start = found.end()
        yield text[start:], ""

    def unknown(self, text: str) -> tuple[str, ...]:
        """Names in double braces that are no variable."""
        return tuple(dict.fromkeys(found[1] for found in _NAMED.finditer(text) if not self.field(found[1])))

    def missing(self, text: str, organisation: Organisation) -> tuple[str, ...]:
        """Fields that the text names and nobody has set."""
        return tuple(dict.fromkeys(field for _, field in self.pieces(text) if field and not getattr(organisation, field)))


def linked(organisation: Organisation) -> Organisation:
    """With its addresses as links, which stand in replies as they are; one that is none is left out."""
    software, guide, training = (link_of(one) for one in (organisation.software_url, organisation.guide_url, organisation.training_url))
    return replace(organisation, software_url=software, guide_url=guide, training_url=training)


def fault(field: str, value: str) -> str:
    """Why this cannot be the field's value: `empty`, `long` or `link`; empty when it can."""
    if not value:
        return "empty"
    if len(value) > (LONGEST_LINK if field in LINKS else LONGEST):
        return "long"
    return "link" if field in LINKS and not link_of(value) else ""


def _form(name: str) -> str:
    return " ".join(name.split()).casefold()
