"""Settings: what stands above what, faults all at once and without a secret, a file made from the model."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest

from bot.config import SettingsError, read
from bot.verbs.example import example, write_settings


def test_file_below_environment_below_secret_files_below_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("usher.toml").write_text('[dingtalk]\napp_key = "file"\ncorp_id = "file"\nrobot_code = "file"\n[server]\nport = 1\n', encoding="utf-8")
    monkeypatch.setenv("USHER_DINGTALK__CORP_ID", "variable")
    monkeypatch.setenv("USHER_DINGTALK__ROBOT_CODE", "variable")
    monkeypatch.setenv("USHER_SERVER__PORT", "2")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "USHER_DINGTALK__ROBOT_CODE").write_text("secret file\n", encoding="utf-8")
    (tmp_path / "secrets" / "USHER_DINGTALK__APP_SECRET").write_text("hush\n", encoding="utf-8")
    monkeypatch.setenv("USHER_SECRETS", str(tmp_path / "secrets"))
    found = read(server={"port": 3})
    assert (found.dingtalk.app_key, found.dingtalk.corp_id, found.dingtalk.robot_code, found.server.port) == ("file", "variable", "secret file", 3)
    assert found.dingtalk.app_secret.get_secret_value() == "hush"
    assert "hush" not in repr(found)


def test_all_faults_are_named_at_once_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("usher.toml").write_text('zones = "x"\n[server]\nport = 99999\n[dingtalk]\nsecret = "hush"\n', encoding="utf-8")
    monkeypatch.setenv("USHER_DINGTLAK__APP_KEY", "hush")
    with pytest.raises(SettingsError) as fault:
        read()
    for name in ("zones", "server.port", "dingtalk.secret", "USHER_DINGTLAK__APP_KEY"):
        assert name in str(fault.value)
    assert "hush" not in str(fault.value)


def test_a_broken_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("usher.toml").write_text("data = \n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"usher\.toml"):
        read()
    monkeypatch.setenv("USHER_CONFIG", "nowhere.toml")
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        read()


def test_the_test_clock_is_refused_with_the_real_dingtalk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USHER_TEST__CLOCK", "1")
    monkeypatch.setenv("USHER_DINGTALK__MODE", "stream")
    with pytest.raises(SettingsError, match="test clock"):
        read()


def test_the_example_uncommented_is_the_default() -> None:
    lines = [line.removeprefix("# ") if " = " in line and line.startswith("# ") else line for line in example().splitlines()]
    table = tomllib.loads("\n".join(line for line in lines if not line.startswith("#")))
    assert read(**table) == read()


def test_init_names_the_first_admin_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "usher.toml"
    write_settings(file, 'a"b')
    assert read().people.admins == ('a"b',)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(SystemExit, match="exists"):
        write_settings(file, "b")
    file.chmod(0o644)
    write_settings(file, "b", force=True)
    assert read().people.admins == ("b",)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_init_wants_a_name(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="admin"):
        write_settings(tmp_path / "usher.toml", "  ")
