"""The table of methods: what each does to a plain training. A method of your own is a line here.

    def coral(z, about):                                   # a function of the embeddings
        ...
    ALL_METHODS["coral"] = Method("+ CORAL", loss=coral)   # a line

Every notebook, the ledger and the Snakefile read this table. Functions stand in it by their place,
"module:function", so that reading it loads no torch; a function itself is as good.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pkgutil import resolve_name
from typing import Any, Literal


@dataclass(frozen=True)
class Part:
    """A function of a method with its settings; both are part of a run's name."""

    function: str | Callable[..., Any]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, *args: Any) -> Any:
        """The function's answer."""
        called = self.function if callable(self.function) else resolve_name(self.function)
        return called(*args, **self.settings)

    @property
    def place(self) -> str:
        """`module:function`."""
        of = self.function
        return f"{of.__module__}:{of.__qualname__}" if callable(of) else of


def part(function: str | Callable[..., Any], **settings: Any) -> Part:
    """A function with its settings."""
    return Part(function, settings)


# words change no result, and a run's name says these of the method by itself
_NO_RECIPE = {"label", "dirs", "icl", "says", "source"}
PARTS = ("device_weights", "on_waveform", "on_log_mel", "loss", "head")
_Part = Part | str | Callable[..., Any] | None


@dataclass(frozen=True)
class Method:
    """What a method adds to a plain training; everything left out is as in a plain one."""

    label: str
    dirs: Literal["vintage", "multi", "generated"] | None = None  # responses that augment
    icl: bool = False  # with the study's alpha, beta, lambda_icl, ...
    icl_within_scene: bool = False  # push and pull only windows of one scene
    balanced_devices: bool = False  # each device equally often in the batches
    device_weights: _Part = None  # (windows of each device,) -> its weight in the cross-entropy
    on_waveform: _Part = None  # (after the DIR (batch, samples), CPU generator) -> the same
    on_log_mel: _Part = None  # (before the masks (batch, 128, frames), CPU generator) -> the same
    loss: _Part = None  # (embedding (batch, dim), About) -> scalar, added to the cross-entropy
    loss_weight: float = 1.0
    head: _Part = None  # (dim) -> a module that is trained along; the loss has it as `About.head`
    says: str = ""  # what is changed, as a line of Markdown; no part of a run's name
    source: str = ""  # where it comes from

    def __post_init__(self) -> None:
        for name in PARTS:
            given = getattr(self, name)
            if given is not None and not isinstance(given, Part):
                object.__setattr__(self, name, Part(given))

    @property
    def recipe(self) -> dict[str, Any]:
        """What a run's name depends on beyond the study's parameters; empty for Table 3's."""
        own = (each for each in fields(self) if each.name not in _NO_RECIPE)
        changed = {f.name: v for f in own if (v := getattr(self, f.name)) != f.default}
        for name in set(PARTS) & set(changed):
            changed[name] = [changed[name].place, dict(changed[name].settings)]
        return changed


# the rows of Table 3
METHODS = {
    "plain": Method("PaSST", says="cross-entropy alone", source="Sec. 5.1"),
    "vintage": Method(
        "+ Vintage DIRs", dirs="vintage", says="$x * h$, $h$ a Vintage DIR", source="Secs. 4, 5.3"),
    "multi": Method(
        "+ Multi DIRs", dirs="multi", says="$x * h$, $h$ a Multi DIR", source="Secs. 4, 5.3"),
    "icl": Method(
        "+ ICL", icl=True, source="Sec. 3; Akash et al. 2021",
        says=r"$+ \lambda \mathcal{L}_{ICL}$: pairs of one device repel, others attract"),
    "icl_multi": Method(
        "+ ICL + Multi DIRs", dirs="multi", icl=True, says="both", source="Secs. 5.4, 5.5"),
}  # fmt: skip

# dropped by the paper after a log-loss of 1.56 (Sec. 5.3); trained where a study asks for it
GENERATED = Method("+ Generated DIRs", dirs="generated")

CLASS_BALANCED = part("asc_lib.model.rivals:effective_number_weights", beta=0.9999)
FREQ_MIXSTYLE = part("asc_lib.model.rivals:mix", probability=0.4, alpha=0.4)
COMPRESSOR = part("asc_lib.model.rivals:compress_some", probability=0.5)
ADVERSARY = part("asc_lib.model.rivals:adversarial_loss", balanced=True)
ADVERSARY_HEAD = part("asc_lib.model.rivals:DeviceHead")
MMD = part("asc_lib.model.rivals:device_discrepancy")

# the paper's open questions, its rivals and pairs of them (notebook 07)
BEYOND = {
    "balanced": Method(
        "+ balanced devices", balanced_devices=True, source="Secs. 2.1, 5.4",
        says="each device as often in an epoch: rare clips come again, common ones stay away"),
    "class_balanced": Method(
        "+ class-balanced loss", device_weights=CLASS_BALANCED, source="Cui et al. 2019",
        says=r"cross-entropy of device $d$ times $\propto (1 - \beta) / (1 - \beta^{n_d})$"),
    "freq_mixstyle": Method(
        "+ Freq-MixStyle", on_log_mel=FREQ_MIXSTYLE, source="Sec. 2.1; Schmid et al. 2022",
        says="mean and deviation of each mel band mixed with those of another window"),
    "compressor": Method(
        "+ compression", on_waveform=COMPRESSOR, source="Sec. 2.3; Giannoulis et al. 2012",
        says="a random dynamic-range compressor: what is loud is turned down"),
    "adversary": Method(
        "+ adversary", loss=ADVERSARY, head=ADVERSARY_HEAD, source="Sec. 2.2; Ganin et al. 2016",
        says="a device classifier on $z$ whose gradient is reversed: the encoder unlearns devices"),
    "mmd": Method(
        "+ MMD", loss=MMD, source="Gretton et al. 2012",
        says=r"$+ \mathrm{MMD}^2$ between the devices' embeddings"),
    "icl_scene": Method(
        "+ ICL within scenes", icl=True, icl_within_scene=True, source="this study",
        says="ICL with pairs of one scene only: the scene gives no reason to move"),
    "icl_vintage": Method(
        "+ ICL + Vintage DIRs", dirs="vintage", icl=True, source="not in the paper",
        says="ICL where the augmentation at hand is a poor one"),
    "icl_balanced": Method(
        "+ ICL, balanced devices", icl=True, balanced_devices=True, source="Secs. 3, 5.4",
        says="ICL on batches in which each device is as frequent"),
    # pairs: the best augmentations together, and each with a loss
    "multi_freq_mixstyle": Method(
        "+ Multi DIRs + Freq-MixStyle", dirs="multi", on_log_mel=FREQ_MIXSTYLE, says="both",
        source="Schmid et al. 2022, with Vintage DIRs"),
    "icl_freq_mixstyle": Method(
        "+ ICL + Freq-MixStyle", icl=True, on_log_mel=FREQ_MIXSTYLE, says="both",
        source="not in the paper"),
    "adversary_multi": Method(
        "+ adversary + Multi DIRs", dirs="multi", loss=ADVERSARY, head=ADVERSARY_HEAD, says="both",
        source="not in the paper"),
}  # fmt: skip

ALL_METHODS = METHODS | {"generated": GENERATED} | BEYOND
