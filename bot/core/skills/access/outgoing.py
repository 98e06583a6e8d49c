"""A permission request on its way to DingTalk OA: the call that files it, with the form's fields filled from the request."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from bot.core.facts import Facts
from bot.core.model import Request
from bot.core.skills.access.telling import account_of, day_of, name_of
from bot.core.turn import Call

OA = "oa_requests"


def sent(request: Request, facts: Facts, now: datetime) -> tuple[Request, tuple[Call, ...]]:
    """The request on its way to DingTalk OA, where the organisation wants that; else as it is. Those who are called decide there, one after
    the other. Its number is the call's key, so that it is filed once."""
    form = facts.policy.following.filing
    if form is None:
        return request, ()
    args = {
        "process": form.process,
        "originator": account_of(facts.person(request.person), request.person),
        "key_field": form.key,
        "form": json.dumps({label: _value(name, request, facts) for label, name in form.fields.items()}, ensure_ascii=False),
        "approvers": ",".join(account_of(facts.person(one), one) for one in request.called),
        "made": now.isoformat(),
        "request_id": request.id,
    }
    return replace(request, elsewhere=True), (Call(OA, "create", f"oa.file:{request.id}:{request.edition}", args),)


def _value(name: str, request: Request, facts: Facts) -> str:
    """One value of the request for a field of the form."""
    access, language = facts.policy.access, facts.policy.language
    values = {
        "person": request.name or name_of(facts, request.whose),
        "account": request.account,
        "code": request.code,
        "reason": request.reason,
        "system": access.system(request.system).title,
        "role": access.role(request.role).title.get(language, request.role),
        "level": access.levels.get(request.level, {}).get(language, request.level),
        "until": day_of(request.until, facts),
        "evidence": ", ".join(one for one, _ in request.files),
    }
    return values.get(name, "")
