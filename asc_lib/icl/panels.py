"""Two panels on the inverse contrastive loss: its forces over the distance, and the sandbox.

The sandbox's world is `asc_lib.icl.sandbox`: simulated, every number made up. A slider
moves, and a small network is trained anew.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from asc_lib.icl.sandbox import (
    SCENES,
    SEEN,
    STEPS,
    TEST_WINDOWS,
    Linear,
    Settings,
    Trained,
    train,
)  # fmt: skip
from asc_lib.icl.theory import balance_distance, crossing_distance
from asc_lib.show.panels import Panel
from asc_lib.show.style import PALETTE, WIDE

_LATE = {"continuous_update": False}
FORCE_BETAS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)
_LINES = (
    {"color": PALETTE[0], "ls": "-", "label": "different devices: g, pull"},
    {"color": PALETTE[1], "ls": "--", "label": "same device: f, push"},
    {"color": "0.25", "ls": "-.", "label": "both: loss"},
)
LAMBDAS = (0.0, 0.03, 0.1, 0.3, 0.5, 1.0, 3.0, 10.0, 30.0, 100.0)
BETAS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
REACH = 6.0  # of the fixed axes to each side; plain training mostly fills them
_SHOWN = 12  # windows of each scene and device
_ARROWS = 9  # across the field
_LETTERS = dict(zip(SEEN, ("black", PALETTE[3], PALETTE[0]), strict=True))
MEASURES = {
    "seen": "scene, devices a b c",
    "unseen": "scene, devices u v w",
    "probe": "device, by the probe",
}


class Forces(Panel):
    """Penalties, forces and loss of pairs at one distance, moved by alpha, beta and their share.

    `same_percent`: share of same-device pairs to begin with, 1 to 95 %.
    """

    def __init__(self, same_percent: int = 54):
        share = {"min": 1, "max": 95, "description": "same-device pairs in %"}
        super().__init__(
            lambda **state: draw_forces(**state)[0],
            alt=_words,
            alpha=widgets.FloatSlider(0.2, min=0, max=2, step=0.1, description="alpha", **_LATE),
            beta=widgets.SelectionSlider(
                options=FORCE_BETAS, value=1.0, description="beta", **_LATE
            ),
            same_percent=widgets.IntSlider(same_percent, **share, **_LATE),
        )


def draw_forces(alpha: float, beta: float, same_percent: int) -> tuple[Figure, np.ndarray]:
    """One (alpha, beta): penalties, forces times their share of pairs, the loss of a whole batch.

    The axes are the same whatever alpha, beta and the share: what moves is the curves.
    """
    d, same = np.linspace(0, 3, 400), same_percent / 100
    f, g = np.exp((alpha - d) / beta), d**2
    pull, push = (1 - same) * 2 * d, same * f / beta
    balance, crossing = balance_distance(same, alpha, beta), crossing_distance(alpha, beta)
    fig, axes = plt.subplots(1, 3, figsize=(WIDE, 3))
    for ax, what, curves, lines, at, title, top in (
        (axes[0], "penalty", [g, f], _LINES, crossing, "f = g at", 5),
        (axes[1], "force times share of pairs", [pull, push], _LINES, balance, "balance at", 4),
        (axes[2], "loss", [same * f + (1 - same) * g], _LINES[2:], balance, "lowest at", 4),
    ):
        for values, line in zip(curves, lines, strict=False):
            ax.plot(d, values, **line)
        ax.plot(at, np.interp(at, d, curves[0]), "o", color="black", zorder=5)
        ax.axvline(at, color="0.35", lw=0.8, ls=":")
        ax.set(title=f"{title} {at:.2f}", ylabel=what, xlim=(0, 3), ylim=(0, top))
        ax.set_yticks(range(top + 1))
    axes[1].set_xlabel("distance d of two embeddings")
    fig.legend(handles=[*axes[0].lines[:2], axes[2].lines[0]], loc="outside lower center", ncols=3)
    state = rf"$\alpha$ = {alpha:g}, $\beta$ = {beta:g}, {same_percent} % same-device pairs"
    fig.suptitle(state, fontsize=10)
    return fig, axes


def _words(alpha: float, beta: float, same_percent: int) -> str:
    return (
        f"Three panels over the distance for alpha {alpha:g}, beta {beta:g}, {same_percent} % "
        f"same-device pairs: penalties, which cross at {crossing_distance(alpha, beta):.2f}; pull "
        f"and push, which balance at {balance_distance(same_percent / 100, alpha, beta):.2f}; and "
        "the loss, lowest there."
    )


def draw_sandbox(trained: Trained, reference: Trained, device: str) -> tuple[Figure, np.ndarray]:
    """The embedding by scene and by device, with both classifiers, the force field and accuracies.

    `reference`: accuracies to compare with, as hollow marks. `device`: whose windows the field
    acts on.
    """
    fig, axes = plt.subplots(1, 3, figsize=(WIDE, 3.4), width_ratios=[1, 1, 0.62])
    draw_scenes(axes[0], trained)
    factor = draw_devices(axes[1], trained, device)
    chances = [1 / trained.settings.scenes] * 2 + [1 / len(SEEN)]
    values, before = ([100 * getattr(of, name) for name in MEASURES] for of in (trained, reference))
    rows = range(len(MEASURES))
    axes[2].plot(values, rows, "o", color="black", ms=6, label="now")
    axes[2].plot(before, rows, "o", color="black", mfc="none", ms=9, label="without ICL")
    axes[2].plot(100 * np.array(chances), rows, "|", color=PALETTE[3], ms=14, mew=2, label="guess")
    for row, name in enumerate(MEASURES):
        axes[2].text(20, row - 0.2, f"{MEASURES[name]}: {values[row]:.0f} %", fontsize=7)
    axes[2].set(xlim=(18, 102), ylim=(2.6, -0.6), yticks=[], title="accuracy in %")
    axes[0].set(title="by scene", xlabel="$z_1$", ylabel="$z_2$")
    axes[1].set_title(
        f"by device, {factor:.2g} x larger\narrows: force on {device.upper()}", size=9
    )
    axes[1].set_xlabel("$z_1$")
    for ax in (axes[0], axes[2]):
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2, handletextpad=0.1)
    fig.suptitle(f"Sandbox (simulated): {words(trained.settings)}", fontsize=8)
    return fig, axes


def draw_settings(trained: Mapping[str, Trained], device: str = "a") -> tuple[Figure, np.ndarray]:
    """Several settings side by side: by scene above, by device below; axes (2, settings)."""
    fig, axes = plt.subplots(2, len(trained), figsize=(WIDE, 5.3), squeeze=False)
    for (above, below), (name, one) in zip(axes.T, trained.items(), strict=True):
        draw_scenes(above, one)
        factor = draw_devices(below, one, device)
        above.set_title(f"{name}\nscenes named right: {100 * one.seen:.0f} %", fontsize=8)
        below.set_title(
            f"the square, {factor:.2g} x larger\ndevices named right: {100 * one.probe:.0f} %",
            fontsize=8,
        )
        below.set_xlabel("$z_1$")
    for ax in axes[:, 0]:
        ax.set_ylabel("$z_2$")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return fig, axes


def draw_scenes(ax: Axes, trained: Trained) -> None:
    """Test windows by scene, filled where their device was seen, and the classifier's borders.

    The axes reach as far whatever was trained; the square is what `draw_devices` shows.
    """
    middle, half = _frame(ax, trained, REACH), _half(trained)
    ax.add_patch(Rectangle(middle - half, 2 * half, 2 * half, fill=False, ec="0.5", lw=0.8))
    rows, seen = _shown(trained), np.isin(trained.test.device, SEEN)
    for number, name in enumerate(SCENES[: trained.settings.scenes]):
        of_scene = rows & (trained.test.scene == number)
        look = {"s": 9, "marker": "os^"[number], "edgecolor": PALETTE[number], "linewidth": 0.7}
        ax.scatter(
            *trained.test_z[of_scene & seen].T, facecolor=PALETTE[number], label=name, **look
        )
        ax.scatter(*trained.test_z[of_scene & ~seen].T, facecolor="none", **look)
    ax.scatter([], [], s=9, facecolor="none", edgecolor="0.3", label="hollow: devices u v w")
    _borders(ax, trained.scenes)
    if outside := (np.abs(trained.test_z[rows] - middle).max(axis=1) > REACH).sum():
        ax.text(0.98, 0.97, f"{outside} outside", ha="right", va="top", fontsize=7,
                transform=ax.transAxes)  # fmt: skip


def draw_devices(ax: Axes, trained: Trained, device: str) -> float:
    """Test windows of seen devices as letters, the probe's borders, ICL's force on one device.

    Larger than `draw_scenes`; returns how much.
    """
    half = _half(trained)
    steps = half * np.linspace(-1, 1, _ARROWS + 2)[1:-1]
    at = _frame(ax, trained, half) + np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    arrows = by_root(trained.force(at, device))
    ax.quiver(*at.T, *arrows.T, color="0.6", width=0.005, scale=_ARROWS + 2, zorder=1)
    rows = _shown(trained)
    for name, colour in _LETTERS.items():
        z = trained.test_z[rows & (trained.test.device == name)]
        letter = rf"$\mathrm{{{name.upper()}}}$"
        ax.scatter(*z.T, s=22, marker=letter, color=colour, linewidth=0.2, zorder=2)
    _borders(ax, trained.devices)
    return REACH / half


def by_root(force: np.ndarray) -> np.ndarray:
    """Forces (points, 2), the largest 1 long, the others by the root: small ones are seen, too."""
    size = np.linalg.norm(force, axis=1, keepdims=True)
    return force / np.sqrt(np.maximum(size * size.max(), 1e-24))


def words(settings: Settings) -> str:
    """Settings in a line of a title."""
    of = settings
    warmup = f"; warm-up {of.warmup_steps}" if of.warmup_steps else ""
    return (
        rf"$\lambda$ = {of.lambda_icl:g}, $\alpha$ = {of.alpha:g}, $\beta$ = {of.beta:g}; "
        f"{100 * of.share_a:.0f} % device a; {100 * of.augmented:.0f} % through DIRs; "
        f"{of.weighting}; world {of.seed}{warmup}"
    )


class Sandbox(Panel):
    """Ten controls; whichever moves, the network is trained anew, and once without ICL beside it.

    `seed`: of the world and of training; another seed is another world.
    """

    def __init__(self, seed: int = Settings.seed):
        whole = partial(widgets.IntSlider, **_LATE)
        drop, choice = widgets.Dropdown, widgets.SelectionSlider
        self._seed = seed
        super().__init__(
            self._drawing,
            alt=self._words,
            lambda_icl=choice(options=LAMBDAS, value=0.5, description="lambda", **_LATE),
            alpha=widgets.FloatSlider(0.2, min=0, max=2, step=0.1, description="alpha", **_LATE),
            beta=choice(options=BETAS, value=1.0, description="beta", **_LATE),
            share_a_percent=whole(73, min=34, max=97, step=3, description="device a's share in %"),
            augmented_percent=whole(0, min=0, max=100, step=10, description="through DIRs in %"),
            warmup_steps=whole(0, min=0, max=STEPS, step=50, description="warm-up in steps"),
            weighting=drop(options=["pairs", "balanced"], description="weighting"),
            hidden=drop(
                options=[("linear", False), ("one hidden layer", True)], description="encoder"
            ),
            scenes=drop(options=[2, 3], description="scenes"),
            device=drop(options=SEEN, description="force on device"),
        )

    @property
    def trained(self) -> Trained:
        """What is shown now."""
        return self._train(self.state)

    def _train(self, state: Mapping[str, Any]) -> Trained:
        names = ("alpha", "beta", "lambda_icl", "weighting", "hidden", "warmup_steps", "scenes")
        shares = {name: state[f"{name}_percent"] / 100 for name in ("share_a", "augmented")}
        return train(Settings(seed=self._seed, **shares, **{name: state[name] for name in names}))

    def _drawing(self, **state: Any) -> Figure:
        trained = self._train(state)
        # of no account without ICL, so that one training serves them all
        plain = {name: getattr(Settings, name) for name in ("alpha", "beta", "weighting")}
        without = train(replace(trained.settings, lambda_icl=0.0, warmup_steps=0, **plain))
        return draw_sandbox(trained, without, state["device"])[0]

    def _words(self, **state: Any) -> str:
        trained = self._train(state)
        plain = words(trained.settings).replace("$", "").replace("\\", "")
        return (
            f"Simulated sandbox, {plain}. Left, points in two dimensions by scene with borders; "
            "middle the same by device as letters, with arrows of the force; right, accuracies: "
            f"scene {trained.seen:.0%} on seen and {trained.unseen:.0%} on unseen devices, device "
            f"{trained.probe:.0%}. Mean distance of two windows {trained.spread:.2f}."
        )


def _shown(trained: Trained) -> np.ndarray:
    """Some test windows of each scene and device, the same ones whatever the settings."""
    number = np.arange(len(trained.test.scene)) // trained.settings.scenes
    return number % TEST_WINDOWS < _SHOWN


def _half(trained: Trained) -> float:
    """Half the side of a square that holds nearly all test windows, `REACH` at most."""
    apart = np.abs(trained.test_z - np.median(trained.test_z, axis=0)).max(axis=1)
    return float(np.clip(1.1 * np.percentile(apart, 99), 1e-3, REACH))


def _frame(ax: Axes, trained: Trained, half: float) -> np.ndarray:
    """A square of plain axes, with a bar that says how long a unit is; its middle."""
    x, y = np.median(trained.test_z, axis=0)
    power = 10.0 ** np.floor(np.log10(half / 2))
    length = power * max(step for step in (1, 2, 5) if step * power <= half / 2)
    ax.set(xlim=(x - half, x + half), ylim=(y - half, y + half), xticks=[], yticks=[], box_aspect=1)
    ax.grid(False)
    right, low = x + 0.92 * half, y - 0.88 * half
    ax.plot([right - length, right], [low, low], color="black", lw=2, solid_capstyle="butt")
    ax.annotate(
        f"{length:g}", (right - length / 2, low), (0, 4), textcoords="offset points", ha="center",
        fontsize=7, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )  # fmt: skip
    return np.array([x, y])


def _borders(ax: Axes, classifier: Linear) -> None:
    """Lines where the winner of a linear classifier changes."""
    across, up = (np.linspace(*limits, 160) for limits in (ax.get_xlim(), ax.get_ylim()))
    grid = np.stack(np.meshgrid(across, up), axis=-1)
    scores = classifier.scores(grid.reshape(-1, 2)).reshape(*grid.shape[:2], -1)
    for number in range(scores.shape[-1] - (scores.shape[-1] == 2)):
        ahead = scores[..., number] - np.delete(scores, number, axis=-1).max(axis=-1)
        if ahead.min() < 0 < ahead.max():
            ax.contour(across, up, ahead, levels=[0], colors="black", linewidths=1)
