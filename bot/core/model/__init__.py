"""The nouns of the product as frozen values. A new noun with a life is a dataclass with an `index`, and a row in ITEMS."""

from __future__ import annotations

from bot.core.model.access import Approval, Away, Batch, Desk, Grant, Request, Review, Sending, Shown
from bot.core.model.catalogue import Catalogue, Intent, Scope, Variant, Wish
from bot.core.model.console import Door, Session
from bot.core.model.evidence import Evidence
from bot.core.model.following import Followed, Link, OaTask, Step, Sweep, link_of
from bot.core.model.item import Entry, Index, Item
from bot.core.model.joining import Application, Invite, Member
from bot.core.model.knowledge import Announcement, Broadcast, Chore, Confirmation, Delivery, Ends, Lesson, Ticket
from bot.core.model.organisation import Contact, Organisation, OrgValue
from bot.core.model.people import Action, Audience, Awaiting, Conversation, Person, Sender, person_id

__all__ = [
    "ITEMS", "Action", "Announcement", "Application", "Approval", "Audience", "Awaiting", "Away", "Batch", "Broadcast", "Catalogue", "Chore",
    "Confirmation", "Contact", "Conversation", "Delivery", "Desk", "Door", "Ends", "Entity", "Entry", "Evidence", "Followed", "Grant", "Index", "Intent",
    "Invite", "Item", "Lesson", "Link", "Member", "OaTask", "OrgValue", "Organisation", "Person", "Request", "Review", "Scope", "Sender", "Sending",
    "Session", "Shown", "Step", "Sweep", "Ticket", "Variant", "Wish", "kind_of", "link_of", "person_id",
]  # fmt: skip

ITEMS: tuple[type[Item], ...] = (
    Invite, Application, Member, Request, Grant, Batch, Review, Away, Desk, Shown, Sending,
    Lesson, Ticket, Announcement, Broadcast, Confirmation, Chore,
    Door, Session, Evidence,
    Followed, Step, Sweep,
)  # fmt: skip
"""Every kind of item there is."""

Entity = Person | Conversation | OrgValue | Wish | Entry | Item


def kind_of(item: type[Item]) -> str:
    """The word under which items of this type are kept."""
    return item.__name__.lower()
