"""The numbers of joining that an organisation may set: how long invites and drafts live and when people are reminded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terms:
    """`invite_days` is how long an invite is valid; `unseen_days` (working days) until one that nobody opened is brought to mind; `draft_hours` until a form
    that was begun is brought to mind, `draft_days` until it lapses; `info_days` (working days) until a missing answer is; `check_days` (working days) after
    approval "does it work?" is asked; `setup_days` (working days) until open steps are brought to mind; `stale_days` without a sign of current data until
    the member is warned, `freeze_days` after that until the administrators decide; `keep_days` until the data of who left or withdrew are blanked;
    `synced` says that accounts are synchronised, so that everybody in the platform's organisation is a member and needs no invite;
    `domains` are the hosts on which genuine links stand."""

    invite_days: int = 7
    unseen_days: int = 1
    draft_hours: int = 24
    draft_days: int = 7
    info_days: int = 1
    check_days: int = 1
    setup_days: int = 3
    stale_days: int = 180
    freeze_days: int = 14
    keep_days: int = 90
    synced: bool = False
    domains: tuple[str, ...] = ()
