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
from typing import Any, Literal, Self


@dataclass(frozen=True)
class Part:
    """A function of a method with its settings; both are part of a run's name."""

    function: str | Callable[..., Any]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, *args: Any) -> Any:
        """The function's answer."""
        function = self.function
        return (resolve_name(function) if isinstance(function, str) else function)(
            *args, **self.settings
        )

    @property
    def place(self) -> str:
        """`module:function`."""
        function = self.function
        if isinstance(function, str):
            return function
        return f"{function.__module__}:{function.__qualname__}"

    @classmethod
    def of(cls, part: "Part | str | Callable[..., Any] | None") -> Self | None:
        """A bare function as a part without settings."""
        return part if part is None or isinstance(part, cls) else cls(part)


def part(function: str | Callable[..., Any], **settings: Any) -> Part:
    """A function with its settings."""
    return Part(function, settings)


@dataclass(frozen=True)
class Method:
    """What a method adds to a plain training; everything left out is as in a plain one."""

    label: str
    dirs: Literal["vintage", "multi", "generated"] | None = None  # responses that augment
    icl: bool = False  # with the study's alpha, beta, lambda_icl, ...
    icl_within_scene: bool = False  # push and pull only windows of one scene
    balanced_devices: bool = False  # each device equally often in the batches
    # (windows of each device,) -> weight of each device in the cross-entropy
    device_weights: Part | str | Callable[..., Any] | None = None
    # (waveform (batch, samples), CPU generator) -> waveform, after the impulse response
    on_waveform: Part | str | Callable[..., Any] | None = None
    # (log_mel (batch, 128, frames), CPU generator) -> log_mel, before the masks
    on_log_mel: Part | str | Callable[..., Any] | None = None
    # (embedding (batch, dim), About) -> scalar, added to the cross-entropy
    loss: Part | str | Callable[..., Any] | None = None
    loss_weight: float = 1.0
    # (dim) -> a module that is trained along; the loss finds it as `About.head`
    head: Part | str | Callable[..., Any] | None = None
    says: str = ""  # what is changed, as a line of Markdown; no part of a run's name
    source: str = ""  # where it comes from

    def __post_init__(self) -> None:
        for name in PARTS:
            object.__setattr__(self, name, Part.of(getattr(self, name)))

    @property
    def places(self) -> list[str]:
        """Where the functions stand that it adds, `module:function`."""
        return [getattr(self, name).place for name in PARTS if getattr(self, name)]

    @property
    def recipe(self) -> dict[str, Any]:
        """What a run's name depends on beyond the study's parameters; empty for Table 3's."""
        changed = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in _NO_RECIPE or value == each.default:
                continue
            is_part = isinstance(value, Part)
            changed[each.name] = [_named(value.place), dict(value.settings)] if is_part else value
        return changed


PARTS = ("device_weights", "on_waveform", "on_log_mel", "loss", "head")
# the run's name says the method's own; words change no result
_NO_RECIPE = {"label", "dirs", "icl", "says", "source"}
# names of runs say where a function stood when they were trained
_STOOD_IN = {
    "effective_number_weights": "balance", "mix": "freq_mixstyle", "compress_some": "compressor",
    "adversarial_loss": "adversary", "DeviceHead": "adversary", "device_discrepancy": "mmd",
}  # fmt: skip


def _named(place: str) -> str:
    module, _, name = place.partition(":")
    return f"asc_lib.model.{_STOOD_IN[name]}:{name}" if module == "asc_lib.model.rivals" else place


METHODS = {
    "plain": Method("PaSST", says="cross-entropy alone", source="Sec. 5.1"),
    "vintage": Method(
        "+ Vintage DIRs", dirs="vintage", says="$x * h$, $h$ a Vintage DIR", source="Secs. 4, 5.3"
    ),
    "multi": Method(
        "+ Multi DIRs", dirs="multi", says="$x * h$, $h$ a Multi DIR", source="Secs. 4, 5.3"
    ),
    "icl": Method(
        "+ ICL", icl=True, source="Sec. 3; Akash et al. 2021",
        says=r"$+ \lambda \mathcal{L}_{ICL}$: pairs of one device repel, others attract",
    ),
    "icl_multi": Method(
        "+ ICL + Multi DIRs", dirs="multi", icl=True, says="both", source="Secs. 5.4, 5.5"
    ),
}  # fmt: skip
"""The rows of Table 3."""

# dropped by the paper after a log-loss of 1.56 (Sec. 5.3); trained where a study asks for it
GENERATED = Method("+ Generated DIRs", dirs="generated")

CLASS_BALANCED = part("asc_lib.model.rivals:effective_number_weights", beta=0.9999)
FREQ_MIXSTYLE = part("asc_lib.model.rivals:mix", probability=0.4, alpha=0.4)
COMPRESSOR = part("asc_lib.model.rivals:compress_some", probability=0.5)
ADVERSARY = part("asc_lib.model.rivals:adversarial_loss", balanced=True)
ADVERSARY_HEAD = part("asc_lib.model.rivals:DeviceHead")
MMD = part("asc_lib.model.rivals:device_discrepancy")

BEYOND = {
    "balanced": Method(
        "+ balanced devices", balanced_devices=True, source="Secs. 2.1, 5.4",
        says="each device as often in an epoch: rare clips come again, common ones stay away",
    ),
    "class_balanced": Method(
        "+ class-balanced loss", device_weights=CLASS_BALANCED, source="Cui et al. 2019",
        says=r"cross-entropy of device $d$ times $\propto (1 - \beta) / (1 - \beta^{n_d})$",
    ),
    "freq_mixstyle": Method(
        "+ Freq-MixStyle", on_log_mel=FREQ_MIXSTYLE, source="Sec. 2.1; Schmid et al. 2022",
        says="mean and deviation of each mel band mixed with those of another window",
    ),
    "compressor": Method(
        "+ compression", on_waveform=COMPRESSOR, source="Sec. 2.3; Giannoulis et al. 2012",
        says="a random dynamic-range compressor: what is loud is turned down",
    ),
    "adversary": Method(
        "+ adversary", loss=ADVERSARY, head=ADVERSARY_HEAD, source="Sec. 2.2; Ganin et al. 2016",
        says="a device classifier on $z$ whose gradient is reversed: the encoder unlearns devices",
    ),
    "mmd": Method(
        "+ MMD", loss=MMD, source="Gretton et al. 2012",
        says=r"$+ \mathrm{MMD}^2$ between the devices' embeddings",
    ),
    "icl_scene": Method(
        "+ ICL within scenes", icl=True, icl_within_scene=True, source="this study",
        says="ICL with pairs of one scene only: the scene gives no reason to move",
    ),
    "icl_vintage": Method(
        "+ ICL + Vintage DIRs", dirs="vintage", icl=True, source="not in the paper",
        says="ICL where the augmentation at hand is a poor one",
    ),
    "icl_balanced": Method(
        "+ ICL, balanced devices", icl=True, balanced_devices=True, source="Secs. 3, 5.4",
        says="ICL on batches in which each device is as frequent",
    ),
    # pairs: the best augmentations together, and each with a loss
    "multi_freq_mixstyle": Method(
        "+ Multi DIRs + Freq-MixStyle", dirs="multi", on_log_mel=FREQ_MIXSTYLE, says="both",
        source="Schmid et al. 2022, with Vintage DIRs",
    ),
    "icl_freq_mixstyle": Method(
        "+ ICL + Freq-MixStyle", icl=True, on_log_mel=FREQ_MIXSTYLE, says="both",
        source="not in the paper",
    ),
    "adversary_multi": Method(
        "+ adversary + Multi DIRs", dirs="multi", loss=ADVERSARY, head=ADVERSARY_HEAD, says="both",
        source="not in the paper",
    ),
}  # fmt: skip
"""The paper's open questions, its rivals and pairs of them (notebook 07)."""

ALL_METHODS = METHODS | {"generated": GENERATED} | BEYOND
