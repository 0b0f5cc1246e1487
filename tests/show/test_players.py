"""The table of players: labelled, complete, and playing what went in."""

import base64
import io
from html.parser import HTMLParser

import numpy as np
import soundfile

from asc_lib.show.players import listening_table

RATE = 32_000


class Found(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.players: dict[str, str] = {}
        self.heads: list[tuple[str, str]] = []
        self.cells = 0
        self._scope = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self._scope = (given.get("scope") or "") if tag == "th" else ""
        self.cells += tag == "td"
        if tag == "audio":
            assert "controls" in given
            self.players[given["aria-label"] or ""] = given["src"] or ""

    def handle_data(self, data: str) -> None:
        if self._scope:
            self.heads.append((self._scope, data))
            self._scope = ""


def tone(hertz: float, level: float) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)).astype(np.float32)


def test_every_cell_plays_its_own_sound_at_its_own_level() -> None:
    sounds = {
        "bus": {"a": tone(500, 0.5), "s4": tone(1000, 0.05)},
        "metro_station": {"s4": tone(2000, 0.2)},
    }
    found = Found(listening_table(sounds, RATE, "a < b"))
    assert found.heads == [("col", "a"), ("col", "s4"), ("row", "bus"), ("row", "metro station")]
    assert list(found.players) == ["bus through a", "bus through s4", "metro station through s4"]
    assert found.cells == 1 + 4  # the corner, and four of which one is empty
    for source, wanted in zip(
        found.players.values(), [(500, 0.5), (1000, 0.05), (2000, 0.2)], strict=True
    ):
        head, _, data = source.partition(",")
        assert head == "data:audio/mpeg;base64"
        heard, rate = soundfile.read(io.BytesIO(base64.b64decode(data)))
        spectrum = np.abs(np.fft.rfft(heard[2000:-2000]))
        hertz = np.fft.rfftfreq(len(heard) - 4000, 1 / rate)[spectrum.argmax()]
        assert rate == RATE and abs(hertz - wanted[0]) < 3
        assert abs(20 * np.log10(heard[2000:-2000].std() * 2**0.5 / wanted[1])) < 1


def test_a_second_of_noise_takes_few_bytes_and_texts_are_escaped() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    text = listening_table({"<bus>": {"a&b": noise}}, RATE, "a < b")
    assert len(text) < 13_000
    assert "&lt;bus&gt; through a&amp;b" in text and "<caption>a &lt; b</caption>" in text
