# ruff: noqa: E501
"""What readers of text trip over: numbers too large, tags, aliases, depth, paths out of the folder.

`MARK` stands for a file that appears only if something is executed that must not be.
"""

import pickle
from pathlib import Path

DEEP = 5000
LONG = b"9" * 5000
MARK = b"executed-by-a-file"

_BOMB = b"\n".join(
    b"%s: &%s [%s]" % (name, name, b", ".join([b"*" + before] * 9) if before else b"lol")
    for name, before in zip(
        b"k a b c d e f g h i".split(), [b"", *b"k a b c d e f g h".split()], strict=True
    )
)
YAML = [
    b'!!python/object/apply:os.system ["touch ' + MARK + b'"]',
    b'!!python/object/new:subprocess.Popen [["touch", "' + MARK + b'"]]',
    b"!!python/name:os.system",
    b"!!int x", b"!!float x", b"!!timestamp x", b"!!binary x", b"!!set {a}", b"!!bool x",
    b"2001-99-99", b"2001-01-01", b"0x_", b"0b_", b"0o9", b"1:99", b"010", b"0x10", b"1_0",
    LONG, b"1e999", b".nan", b".inf", b"-.inf", b"nan", b"1e-3", b"~", b"yes", b'""', b"''", b"''''",
    b"~nobody-here/x", b'"a\\0b"', b'"\\ud800"', b"/" + b"x" * 5000, b"../" * 40 + b"etc/passwd",
    b"$(touch " + MARK + b")", b"`touch " + MARK + b"`", b"'; touch " + MARK + b"; '",
    b"[" * DEEP, b"{a: " * DEEP, b"- " * DEEP, b"[]", b"[[]]", b"{}", b"[.nan]", b"[1, a]", b"[1e999]",
    b"*k", b"&k [*k]", b"<<: *k", b"? [a]\n: b", b"? {a: b}\n: c", b"---\n", b"...\n", b"%YAML 9.9\n",
    b"\t", b"\x00", b"\x85", b"\xef\xbb\xbf", b"\xff", b": ", b"#", b"|\n  x", b">-\n",
    b"\n" + _BOMB + b"\n", b"\n" + _BOMB + b"\ngrid_alphas: *i\n", b"\n" + _BOMB + b"\nstudy: *i\n",
]  # fmt: skip
JSON = [
    b"null", b"NaN", b"Infinity", b"-Infinity", b"1e999", LONG, b"[" * DEEP, b'{"a":' * DEEP,
    b"{}", b"[]", b"[null]", b'""', b'"\\ud800"', b'"\\u0000"', b"true", b"-1", b"0.5", b'"x"', b"\x00",
    b'{"": {}}', b'"../../etc/passwd"', b"\xff", b"//", b",", b"}", b"]", b'"',
]  # fmt: skip
NOTEBOOK = [
    *JSON,
    b'"import os; os.system(\\"touch ' + MARK + b'\\")"',
    b'"seed: int = __import__(\\"os\\").system(\\"touch ' + MARK + b'\\")"',
    b'"seed: int = {[]: 1}"', b'"seed: int = {1: 2}[1]"', b'"seed: int = ' + b"(" * 3000 + b'"',
    b'"seed: int = ' + b"-" * 5000 + b'1"', b'"seed: int = ' + LONG + b'"', b'"\\u0000"',
    b'"seed: float = 1e999"', b'"alpha: float = float(\\"nan\\")"', b'"seed: (yield) = 1"',
    b'"raw"', b'"markdown"', b'"code"', b"3", b"5", b'["parameters", "parameters"]',
]  # fmt: skip
TABLE = [
    b"../../../etc/passwd", b"/etc/passwd", b"audio/../../../etc/passwd", b"audio/..\\..\\x.wav",
    b"audio/bus-paris-0-7-0-a.wav\x00.wav", b"audio/" + b"x" * 5000 + b".wav", b"C:\\x.wav", b"~",
    b'"', b'"audio/bus-paris-0-7-0-a.wav', b"'", b"\t", b"\t\t\t\t\t\t", b"\r", b"\n", b"\x00", b"\xff\xfe",
    b"NaN", b"inf", b"null", b"", b" ", b"1e999", LONG, b"=cmd|' /C calc'!A0", b"s99", b"spaceport",
    b"filename", b"scene_label", b"identifier", b"source_label", b"\xef\xbb\xbf", "ä-ö".encode(),
    b"$(touch " + MARK + b")", b"filename\tfilename\tscene_label\tscene_label", b".raw", b",", b"|",
]  # fmt: skip
BINARY = [
    b"RIFF", b"WAVE", b"fmt ", b"data", b"LIST", b"fact", b"RF64", b"RIFX", b"fLaC", b"OggS", b"FORM",
    b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PAR1", b"\x93NUMPY", b"\x80\x02", b"\x80\x04",
    b"\xff" * 8, b"\x00" * 8, b"\x7f" * 4, b"{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
    b"(99999999999, 99999999)", b"(-1,)", b"<f8", b"|O", *JSON[:8],
]  # fmt: skip


class _Evil:
    """Its pickle creates MARK where it is loaded."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path(MARK.decode()),)


def evil_pickle() -> bytes:
    """A pickle that executes code."""
    return pickle.dumps({"fingerprint": "x", "state_dict": _Evil()})


def evil() -> object:
    """An object whose pickle executes code."""
    return _Evil()
