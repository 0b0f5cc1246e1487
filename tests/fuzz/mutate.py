"""Files as a bad disk, a wrong program or an unkind sender would leave them.

All draws come from the generator handed in: input number n of a case is always the same bytes.
"""

import struct
from collections.abc import Callable, Sequence

import numpy as np

_EXTREME_4 = [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x00FFFFFF]
_EXTREME_8 = [0, 1, 2**31, 2**40, 2**63 - 1, 2**64 - 1]
_NOT_FINITE = [struct.pack("<f", v) for v in (float("nan"), float("inf"), -float("inf"), 3e38)]
_NOT_FINITE += [struct.pack("<d", v) for v in (float("nan"), float("inf"), 1e308)]
_ENDS = [b"\n", b"\r\n", b"\r", b"\n\n", b"\x00\n"]

Draw = np.random.Generator
Change = Callable[[Draw, bytes, Sequence[bytes]], bytes]


def mutated(draw: Draw, seeds: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """One of the `seeds` after one to four changes; `words` are what a reader may trip over."""
    data = seeds[draw.integers(len(seeds))]
    for _ in range(draw.integers(1, 5)):
        change = _CHANGES[draw.integers(len(_CHANGES))]
        data = change(draw, data, words)
    return data


def _place(draw: Draw, data: bytes) -> int:
    """A position: anywhere, near the beginning or near the end, where headers lie."""
    last = max(1, len(data))
    match draw.integers(3):
        case 0:
            return int(draw.integers(last))
        case 1:
            return int(draw.integers(min(last, 128)))
        case _:
            return last - 1 - int(draw.integers(min(last, 256)))


def _put(data: bytes, at: int, new: bytes, instead: int) -> bytes:
    return data[:at] + new + data[at + instead :]


def _cut_off(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: _place(draw, data)]


def _flip_bits(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    changed = bytearray(data or b"\0")
    for _ in range(draw.integers(1, 9)):
        changed[_place(draw, data)] ^= 1 << int(draw.integers(8))
    return bytes(changed)


def _number(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    if draw.integers(2):
        new = struct.pack("<I", _EXTREME_4[draw.integers(len(_EXTREME_4))])
    else:
        new = struct.pack("<Q", _EXTREME_8[draw.integers(len(_EXTREME_8))])
    return _put(data, _place(draw, data), new, len(new))


def _not_finite(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    new = _NOT_FINITE[draw.integers(len(_NOT_FINITE))]
    return _put(data, _place(draw, data) // 4 * 4, new, len(new))


def _noise(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    new = draw.bytes(int(draw.integers(1, 64)))
    return _put(data, _place(draw, data), new, len(new) * int(draw.integers(2)))


def _swap(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    one, two = sorted((_place(draw, data), _place(draw, data)))
    size = min(int(draw.integers(1, 200)), two - one)
    a, b = data[one : one + size], data[two : two + size]
    return data[:one] + b + data[one + size : two] + a + data[two + size :]


def _repeat(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    at = _place(draw, data)
    part = data[at : at + int(draw.integers(1, 400))]
    return _put(data, at, part * int(draw.integers(2, 20)), 0)


def _remove(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    return _put(data, _place(draw, data), b"", int(draw.integers(1, 400)))


def _word(draw: Draw, data: bytes, words: Sequence[bytes]) -> bytes:
    new = words[draw.integers(len(words))]
    return _put(data, _place(draw, data), new, int(draw.integers(2)) * len(new))


def _value(draw: Draw, data: bytes, words: Sequence[bytes]) -> bytes:
    """Another value for what stands behind a colon, a comma or a tab."""
    marks = [at for at, sign in enumerate(data[:20_000]) if sign in b":,\t"]
    if not marks:
        return _word(draw, data, words)
    at = marks[draw.integers(len(marks))] + 1
    ends = [found for sign in b",\t\n}" if (found := data.find(sign, at)) >= 0]
    end = min(ends, default=len(data))
    return data[:at] + b" " * (data[at - 1] == 58) + words[draw.integers(len(words))] + data[end:]


def _lines(draw: Draw, data: bytes, words: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    at = int(draw.integers(len(lines)))
    match draw.integers(4):
        case 0:
            lines.insert(at, lines[draw.integers(len(lines))])
        case 1:
            del lines[at]
        case 2:
            lines.insert(at, words[draw.integers(len(words))])
        case _:  # each line gets its first field once more: a column that is there twice
            lines = [line + b"\t" + line.split(b"\t")[0] if line else line for line in lines]
    return b"\n".join(lines)


def _coding(draw: Draw, data: bytes, _: Sequence[bytes]) -> bytes:
    text = data.decode("utf-8", "replace")
    match draw.integers(5):
        case 0:
            return b"\xef\xbb\xbf" + data
        case 1:
            return text.encode("utf-16")
        case 2:
            return text.encode("utf-32-be", "replace")
        case 3:
            return data.replace(b"a", b"\xe4", int(draw.integers(1, 4)))
        case _:
            return data.replace(b"\r\n", b"\n").replace(b"\n", _ENDS[draw.integers(len(_ENDS))])


_CHANGES: list[Change] = [
    *(_cut_off, _flip_bits, _number, _not_finite, _noise, _swap, _repeat, _remove),
    *(_word, _value, _lines, _coding),
]
