"""Devices of unseen families across two halves of the places; maps and their neighbours."""

import numpy as np
import pandas as pd
import pytest

from asc_lib.probe.intervals import recall_table
from asc_lib.probe.ladder import (
    across_halves,
    agreement,
    agreement_by_chance,
    flat,
    halves,
    in_both_halves,
    map_clips,
)


@pytest.fixture
def clips() -> pd.DataFrame:
    rows = [
        (scene, f"{scene}-{place}", device)
        for scene in ("bus", "park", "tram")
        for place in range(4)
        for device in ("a", "b", "s4")
        for _ in range(10)
    ]
    return pd.DataFrame(rows, columns=["scene", "location", "device"])


def embedded(clips: pd.DataFrame, of: dict[str, float], seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(len(clips), 8)).astype(np.float32)
    for number, (device, far) in enumerate(of.items()):
        z[clips["device"] == device, number] += far
    return z


def test_halves_share_no_place_and_every_scene(clips):
    second = halves(clips)
    assert not set(clips["location"][second]) & set(clips["location"][~second])
    for half in (second, ~second):
        assert clips[half].groupby("scene")["location"].nunique().to_dict() == {
            "bus": 2, "park": 2, "tram": 2,
        }  # fmt: skip
    odd = clips.assign(device=np.where(clips["location"] == "bus-0", "c", clips["device"]))
    assert set(odd["device"][in_both_halves(odd)]) == {"a", "b", "s4"}


def test_a_probe_never_hears_the_places_that_it_is_judged_on(clips):
    # each place and device has a mark of its own: of no use at other places
    code = pd.factorize(clips["location"] + clips["device"])[0]
    marks = np.eye(36, dtype=np.float32)[code] * 9
    named = across_halves({("plain", 0): marks}, clips, 60)["plain", 0]
    assert (named == clips["device"]).mean() < 0.6
    told = across_halves({("plain", 0): embedded(clips, {"a": 9, "b": 9, "s4": 9}, 0)}, clips, 60)
    assert (told["plain", 0] == clips["device"]).mean() > 0.95


def test_recalls_and_their_gap(clips):
    device = clips["device"].to_numpy(dtype=str)
    wrong = np.where(device == "s4", "a", device)  # never names s4
    named = {
        ("plain", 0): wrong,
        ("plain", 1): device,
        ("untrained", 0): device,
        ("untrained", 1): device,
    }
    table = recall_table(named, clips, 50, "made up")
    assert list(dict.fromkeys(table["encoder"])) == ["plain", "untrained"]
    recall = table.set_index(["encoder", "device"])["recall"]
    assert recall["plain", "s4"] == 0.5 and recall["plain", "seen"] == 1
    assert recall["plain", "unseen less seen"] == -0.5
    assert recall["plain", "gap less untrained's"] == -0.5
    assert ("untrained", "gap less untrained's") not in recall.index
    only = clips[clips["device"] != "s4"]
    some = {("plain", 0): only["device"].to_numpy(dtype=str)}
    assert set(recall_table(some, only, 20, "made up")["device"]) == {"a", "b"}


def test_agreement_leaves_the_own_place_out(clips):
    device, location = clips["device"].to_numpy(), clips["location"].to_numpy()
    z = embedded(clips, {"a": 30, "b": 60, "s4": 90}, 0)
    assert agreement(z, device, location) == 1
    # places far from each other: were its own place counted, every neighbour would be of it
    place = pd.factorize(location)[0].astype(np.float32)[:, None] * np.ones((1, 8), np.float32)
    assert agreement(place, location, location) == 0
    noise = embedded(clips, {}, 1)
    expected = agreement_by_chance(device, location)
    assert expected == pytest.approx(1 / 3)
    assert agreement(noise, device, location) == pytest.approx(expected, abs=0.05)


def test_a_map_keeps_near_clips_near_and_is_the_same_again(clips):
    rows = map_clips(clips, most=60)
    assert clips.iloc[rows]["device"].value_counts().to_dict() == {"a": 20, "b": 20, "s4": 20}
    z = embedded(clips, {"a": 50, "b": 50, "s4": 50}, 0)[rows]
    at = flat(z)
    assert at.shape == (60, 2) and np.array_equal(at, flat(z))
    apart = np.linalg.norm(at[:, None] - at[None], axis=2) + 1e9 * np.eye(60)
    device = clips.iloc[rows]["device"].to_numpy()
    assert (device[apart.argmin(axis=1)] == device).mean() > 0.95


def test_a_map_of_equal_clips_is_one_point():
    assert not flat(np.full((9, 4), 0.1, np.float32)).any()
