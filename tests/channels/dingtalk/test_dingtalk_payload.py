"""JSON from outside, read strictly."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.dingtalk.payload import MAX_BYTES, BadPayload, read_object

HOSTILE = {
    "empty": b"",
    "null": b"null",
    "array": b"[1]",
    "string": b'"a"',
    "number": b"5",
    "cut": b'{"a":',
    "two values": b"{}{}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "invalid utf-8": b'{"a":"\xff\xfe"}',
    "overlong utf-8": b'{"a":"\xc0\xaf"}',
    "utf-16": '{"a":1}'.encode("utf-16"),
    "nan": b'{"a":NaN}',
    "infinity": b'{"a":Infinity}',
    "minus infinity": b'{"a":[-Infinity]}',
    "float overflow": b'{"a":1e999}',
    "200k digits": b'{"a":' + b"9" * 200_000 + b"}",
    "20 digits": b'{"a":' + b"9" * 20 + b"}",
    "long fraction": b'{"a":0.' + b"1" * 60 + b"}",
    "twin keys": b'{"a":1,"a":2}',
    "twin keys inside": b'{"x":[{"a":1,"b":2,"a":3}]}',
    "twin keys by escape": b'{"a":1,"\\u0061":2}',
    "100k arrays": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "100k open arrays": b'{"a":' + b"[" * 100_000,
    "depth 21": b'{"a":' * 21 + b"1" + b"}" * 21,
    "depth 21 of lists": b'{"a":' + b"[" * 21 + b"]" * 21 + b"}",
    "too long": b'{"a":"' + b"x" * MAX_BYTES + b'"}',
    "control character": b'{"a":"\x00"}',
    "single quotes": b"{'a':1}",
    "comment": b'{"a":1}//x',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_refused(name):
    for raw in (HOSTILE[name], HOSTILE[name].decode("utf-8", "surrogateescape")):
        if name in {"byte order mark", "invalid utf-8", "overlong utf-8", "utf-16"} and isinstance(raw, str):
            continue
        with pytest.raises(BadPayload) as fault:
            read_object(raw)
        assert len(str(fault.value)) < 60


def test_what_dingtalk_sends_is_read():
    deep = '{"a":' * 20 + "1" + "}" * 20
    assert read_object(deep) == json.loads(deep)
    assert read_object(b'{"a":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}')["a"]
    assert read_object('{"n":9223372036854775807,"f":1.5,"e":1e3,"b":true,"z":null}') == {"n": 2**63 - 1, "f": 1.5, "e": 1000.0, "b": True, "z": None}


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(), st.lists, max_leaves=8)))
def test_ordinary_json_comes_back(value):
    assert read_object(json.dumps(value).encode()) == value
