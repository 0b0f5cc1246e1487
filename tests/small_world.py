"""A bank and two DIR sets small enough to make in a blink: noise, filtered and compressed."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from asc_lib.data.bank import Bank
from asc_lib.data.dir_sets import DirSet

RATE = 32_000
DEVICES = ("a", "b", "s1")


def bank(simulated: bool = True) -> Bank:
    """Two scenes: two training recordings of 2 s by a, and two test seconds by all devices."""
    random = np.random.default_rng(0)
    rows, sounds, start = [], [], 0
    for scene in ("bus", "metro_station"):
        for recording in range(2):
            for second in range(2):
                rows.append((scene, "a", "train", f"{scene}-x-{recording}-0-a", second, start, 2))
                sounds.append(random.normal(0, 3000, RATE))
                start += RATE
        for second in range(2):
            heard = random.normal(0, 3000, RATE)
            for device in DEVICES:
                rows.append((scene, device, "test", f"{scene}-y-9-0-{device}", second, start, 1))
                echo = heard + 0.5 * np.roll(heard, 9)
                loud = np.where(np.arange(RATE) < RATE // 2, 1, 0.5)
                sounds.append({"a": heard, "b": echo, "s1": loud * echo}[device])
                start += RATE
    columns = ["scene", "device", "side", "recording", "subsegment", "start", "seconds"]
    clips = pd.DataFrame(rows, columns=columns).assign(scale=1e-5, location="x")
    stretch = np.where(clips["side"] == "train", clips["start"] - RATE * clips["subsegment"], 0)
    clips["stretch_start"] = np.where(clips["side"] == "train", stretch, clips["start"])
    clips["stretch_samples"] = clips["seconds"] * RATE
    samples = torch.tensor(np.concatenate(sounds)).to(torch.int16)
    return Bank(samples, clips, Path("nowhere"), "none", simulated)


def multi(simulated: bool = True) -> DirSet:
    """A cardioid at two distances, four angles each, and an omni at one, three angles."""
    placed = [("M", "Cardioid", 0.5), ("M", "Cardioid", 5.0), ("N", "Omni", 0.5)]
    rows = [(*one, angle) for one in placed for angle in (0.0, 90.0, 180.0, 270.0)][:-1]
    table = pd.DataFrame(rows, columns=["microphone", "pattern", "distance_m", "angle_deg"])
    table.insert(0, "name", [f"{m}{p}_{d:g}_{a:g}Deg" for m, p, d, a in rows])
    part = np.where(table["microphone"] == "M", 0.5, 1.0)
    gains = part + (1 - part) * np.cos(np.deg2rad(table["angle_deg"].to_numpy()))
    responses = np.zeros((len(rows), 1024), np.float32)
    responses[:, 64] = np.maximum(gains, 0.05)
    responses[:, 70] = 0.2 / table["distance_m"]
    return DirSet("multi", responses, table, simulated)


def vintage(simulated: bool = False) -> DirSet:
    """Two microphones, of which nothing else is known."""
    table = pd.DataFrame({"name": ["Old_1", "Old_2"], "microphone": ["Old_1", "Old_2"]})
    table["pattern"] = pd.array([None, None], "string")
    table[["distance_m", "angle_deg"]] = np.nan
    responses = np.zeros((2, 1024), np.float32)
    responses[:, 64:66] = 1
    return DirSet("vintage", responses, table, simulated)
