"""The listening bench, every control moved without a browser: what plays, and what is drawn."""

import re

import numpy as np
import pytest

from asc_lib.dirs import bench as listening_bench
from asc_lib.dirs.bench import DeviceBench, DirBench
from asc_lib.dirs.choice import Choice
from asc_lib.dirs.loudness import loudness
from tests import small_world

SIDE = Choice("multi", "M", "Cardioid", 0.5, 90.0)
OLD = Choice("vintage", "Old_1")


@pytest.fixture
def bench() -> DirBench:
    sets = [small_world.multi(), small_world.vintage()]
    return DirBench(small_world.bank(), sets, SIDE)


def labels(html: str) -> list[str]:
    return re.findall(r'aria-label="(.*?)"', html)


def sources(html: str) -> list[str]:
    return re.findall(r'src="data:audio/mpeg;base64,(.*?)"', html)


def test_dry_and_wet_and_turn_are_equally_loud_and_labelled(bench):
    heard = bench.heard()
    assert heard.keys() == {"dry", "wet", "turn", "difference"}
    levels = [loudness(heard[name]) for name in ("dry", "wet", "turn")]
    assert levels == pytest.approx([levels[0]] * 3, abs=0.05)
    assert max(np.abs(sound).max() for sound in heard.values()) <= 1
    assert len(heard["turn"]) == 8 * small_world.RATE
    assert len(heard["dry"]) == len(heard["wet"]) == 2 * small_world.RATE
    found = labels(bench.sounds_html)
    assert found[0] == "Dry: bus, device a (simulated)"
    assert found[1] == "Wet: the same through M Cardioid, 0.5 m, 90° (simulated)"
    assert re.fullmatch(r"Difference: wet minus dry, -?\d+\.\d dB re dry", found[2])
    assert "turns once" in found[3]
    assert len(set(sources(bench.sounds_html))) == 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scene", "metro_station"), ("take", 1), ("choice", OLD),
        ("choice", SIDE._replace(microphone="N", pattern="Omni")),
        ("choice", SIDE._replace(distance_m=5.0)), ("choice", SIDE._replace(angle_deg=180.0)),
    ],
)  # fmt: skip
def test_each_control_changes_what_is_heard_and_seen(bench, name, value, monkeypatch):
    drawn = []
    draw = listening_bench.draw_spectrograms
    monkeypatch.setattr(
        listening_bench, "draw_spectrograms", lambda *a: drawn.append(a) or draw(*a)
    )
    before, picture, html = bench.heard(), bench.picture, bench.sounds_html
    bench._controls[name].value = value
    after = bench.heard()
    ((sounds, _),) = drawn  # one move, one drawing
    assert bench.state[name] == value and not bench._trouble.value
    heard = "dry" if name in ("scene", "take") else "wet"
    assert not np.array_equal(before[heard], after[heard])
    assert bench.picture != picture and sources(bench.sounds_html) != sources(html)
    for shown in ("dry", "wet", "difference"):
        np.testing.assert_array_equal(sounds[shown], after[shown])


def test_a_set_without_angles_takes_no_turn(bench):
    bench.set(choice=OLD)
    assert bench.heard().keys() == {"dry", "wet", "difference"}
    assert len(labels(bench.sounds_html)) == 3
    assert "Old_1 (measured)" in labels(bench.sounds_html)[1]


def test_every_device_is_heard_beside_the_best_dir_and_what_is_left():
    bench = DeviceBench(small_world.bank())
    html = bench.sounds_html
    assert re.findall(r'<th scope="col">(.*?)</th>', html)[0] == "a"
    assert len(labels(html)) == 1 + 3 * 2  # of a there is nothing to imitate
    found = bench.compared("bus", 0)
    assert found.keys() == {"b", "s1"}
    assert found["b"].level_db < -25  # an echo: a DIR can do it
    assert found["s1"].level_db == pytest.approx(-10, abs=0.5)  # half as loud half of the time
    assert "s1 (-10 dB)" in html and "(simulated), equally loud" in html
    assert "-10" in bench.alt_text and "device s1" in bench.alt_text


@pytest.mark.parametrize(("name", "value"), [("scene", "metro_station"), ("moment", 1)])
def test_another_second_is_another_table(name, value):
    bench = DeviceBench(small_world.bank(simulated=False))
    html, picture = bench.sounds_html, bench.picture
    bench.set(**{name: value})
    assert sources(bench.sounds_html) != sources(html) and bench.picture != picture
    assert "(measured)" in bench.sounds_html
