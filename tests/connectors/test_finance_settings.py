"""The settings of finance systems: from a TOML table and the environment, every fault named, secrets never shown."""

from __future__ import annotations

import tomllib
from pathlib import Path

import aiohttp
import pytest
from peers import Steps
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.connectors.building import Surroundings, build, fresh
from bot.connectors.ledger import MemoryLedger
from bot.connectors.performing import Codes
from bot.connectors.settings import Finance

TABLE = """
[systems.erp]
type = "webhook"
base_url = "https://erp.example.com/"
path = "/hook"
secret = "s3cret"
writes = "dry_run"
orgs = { head = "100" }
roles.cashier = { code = "FIN_CASHIER", max_days = 31 }
[systems.people]
type = "scim"
base_url = "http://127.0.0.1:8080"
token = "t0ken"
[systems.tasks]
type = "manual"
[systems.play]
type = "sandbox"
"""


async def test_every_system_of_the_table_is_built(tmp_path: Path) -> None:
    finance = Finance.model_validate(tomllib.loads(TABLE))
    async with aiohttp.ClientSession() as session:
        built = build(finance, Surroundings(session, Steps(), data=tmp_path), MemoryLedger())
    assert sorted(built) == ["erp", "manual", "people", "play", "tasks"], "there is always a person to do it"
    assert all(connector.name == name for name, connector in built.items())
    assert "s3cret" not in repr(finance)
    assert finance.systems["erp"].writes == "dry_run"


def test_secrets_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    class Everything(BaseSettings):
        model_config = SettingsConfigDict(env_prefix="USHER_", env_nested_delimiter="__", extra="forbid", frozen=True)
        finance: Finance = Finance()

    monkeypatch.setenv("USHER_FINANCE__SYSTEMS__ERP__SECRET", "s3cret")
    table = {"systems": {"erp": {"type": "webhook", "base_url": "https://erp.example.com"}}}
    erp = Everything(finance=table).finance.systems["erp"]  # type: ignore[arg-type]
    assert erp.secret.get_secret_value() == "s3cret"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "webhook", "base_url": "http://erp.example.com", "secret": "s"},
        {"type": "webhook", "base_url": "https://user:pw@erp.example.com", "secret": "s"},
        {"type": "webhook", "base_url": "ftp://erp.example.com", "secret": "s"},
        {"type": "webhook", "base_url": "https://erp.example.com?x=1", "secret": "s"},
        {"type": "webhook", "base_url": "https://erp.example.com"},
        {"type": "webhook", "base_url": "https://erp.example.com", "secret": "s", "path": "hook"},
        {"type": "scim", "base_url": "https://erp.example.com", "token": "t", "unknown": 1},
        {"type": "fax"},
        {"type": "manual", "roles": {"cashier": {"code": "C", "max_days": -1}}},
        {"type": "manual", "writes": "maybe"},
    ],
)
def test_faults_are_found_at_the_start(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        Finance.model_validate({"systems": {"erp": wrong}})
    assert "user:pw" not in str(caught.value)


def test_odd_names_are_refused() -> None:
    with pytest.raises(ValidationError, match="small letters"):
        Finance.model_validate({"systems": {"ERP 1": {"type": "manual"}}})
    plain = Finance.model_validate({"systems": {"erp": {"type": "scim", "base_url": "http://erp.intra", "plain_http": True, "token": "t"}}})
    assert plain.systems["erp"].title == ""


def test_codes_go_both_ways() -> None:
    codes = Codes({"cashier": "C1"}, {"head": "100"})
    assert (codes.role("cashier"), codes.role("C1"), codes.role_key("C1"), codes.role_key("C2")) == ("C1", "", "cashier", "")
    assert (codes.org("head"), codes.org("other"), codes.org(""), codes.org_key("100"), codes.org_key("200")) == ("100", None, "", "head", "200")
    assert (Codes(open=True).role("any"), Codes(open=True).role_key("any"), Codes().org("any")) == ("any", "any", "any")
    assert fresh() != fresh()


def test_a_level_may_be_a_role_of_its_own() -> None:
    codes = Codes({"cashier": "C", "cashier.view": "CV"}, max_days={"cashier": 31, "cashier.view": 90}, default_org="100")
    assert [codes.role("cashier", level) for level in ("", "view", "entry")] == ["C", "CV", "C"]
    assert [codes.days("cashier", level) for level in ("", "view", "entry")] == [31, 90, 31]
    assert (codes.role_key("CV"), codes.role("viewer", "view"), codes.org("")) == ("cashier.view", "", "100")
    assert Codes(open=True).role("cashier", "view") == "cashier.view"
