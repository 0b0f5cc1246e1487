"""Every parameter of a study: its type, its range, its meaning, and where the paper states it.

The defaults are the study `quick`; a file in `params/` holds what differs from them. "Sec." is a
section of Schmidt and Peters, "Device Generalization with Inverse Contrastive Loss and Impulse
Response Augmentation", whose own values stand in `params/paper.yaml`; "ours": not in the paper.
"""

import hashlib
import json
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator, model_validator

from asc_lib.files import ROOT, SIMULATED, InputError, resolve
from asc_lib.methods import ALL_METHODS, METHODS
from asc_lib.study_file import nearest, read_study_file, validated

# Where and how fast a run is computed is no part of what it computes.
_NOT_IN_NAME = ("study", "device", "threads", "bank_root", "compile")
_ICL_ONLY = ("alpha", "beta", "lambda_icl", "icl_weighting", "icl_layer", "icl_warmup_steps")
_DIR_ONLY = ("vintage_root", "multi_root", "dir_probability", "dir_devices", "dir_level")
_Root = Annotated[str, Field(min_length=1)]
_Alpha = Annotated[float, Field(ge=0, le=10)]
_Lambda = Annotated[float, Field(ge=0, le=100)]
_DEVICE = r"^(auto|cpu|mps|cuda(:\d+)?)$"
_BEYOND = ["balanced", "freq_mixstyle", "adversary", "icl_vintage"]
_STRICT = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def _is(default: Any, meaning: str, **limits: Any) -> Any:
    return Field(default, description=meaning, **limits)


class RunConfig(BaseModel):
    """What one training run (notebook 03 reports one) depends on."""

    model_config = _STRICT

    study: str = _is(..., "name of its file; ours", pattern=r"^[a-z0-9][a-z0-9_-]*$")
    # data
    tau22_root: _Root = _is("outputs/simulated/quick/tau22", "recordings, TAU22 layout; Sec. 1")
    vintage_root: _Root = _is("outputs/simulated/quick/vintage", "Vintage DIRs, wavs; Sec. 4")
    multi_root: _Root = _is("outputs/simulated/quick/multi", "Multi DIRs, Surrey layout; Sec. 4")
    bank_root: _Root = _is("outputs/banks", "folder of the banks; ours")
    validation_share: float = _is(
        0.15, "training places set apart to choose epochs on; 0: none; ours", ge=0, le=0.5
    )
    # method
    method: str = _is("plain", "a row of methods.py; Table 3")
    seed: int = _is(0, "start of every random number; ours", ge=0, lt=2**31)
    alpha: _Alpha = _is(0.2, "ICL threshold, eq. (4); Sec. 5.2")
    beta: float = _is(1.0, "ICL barrier strength, eq. (4); Sec. 5.2", gt=0, le=10)
    lambda_icl: _Lambda = _is(0.5, "weight of ICL, eq. (2); Sec. 5.2")
    # mean over pairs, eq. (1), or each device class with the same weight
    icl_weighting: Literal["pairs", "balanced"] = _is(
        "pairs",
        "of the mean, eq. (1); balanced over C classes it is about 2 C (C - 1) times smaller than "
        "the original's sum, so lambda_icl cannot be carried over; Sec. 3",
    )
    icl_layer: Literal["after_norm", "before_norm"] = _is(
        "after_norm", "embedding after or before the last LayerNorm; ours"
    )
    icl_warmup_steps: int = _is(0, "steps in which lambda_icl grows from 0; ours", ge=0, le=10**7)
    dir_probability: float = _is(0.5, "share of windows convolved with a DIR; ours", ge=0, le=1)
    dir_devices: Literal["all", "a"] = _is(
        "all", "whose windows are convolved: of all devices or of A alone; Sec. 5.3 leaves it open"
    )
    dir_level: Literal["unit_energy", "as_measured"] = _is(
        "unit_energy", "level of a DIR; Sec. 5.3 leaves it open"
    )
    # input; the paper's masks and half of the rows slow so small a model
    patchout_rows: int = _is(2, "rows of patches left out in training; Sec. 5.1", ge=0, le=112)
    freq_mask_bins: int = _is(16, "longest mask, mel bins; Sec. 5.1", ge=0, le=127)
    time_mask_frames: int = _is(8, "longest mask, frames; Sec. 5.1", ge=0, le=99)
    cutoff_jitter_hz: int = _is(500, "range of the upper cutoff, Hz; Sec. 5.1", ge=0, le=2000)
    mel_high_hz: int = _is(15_000, "upper cutoff, Hz; Sec. 5.1 leaves it open", ge=4000, le=16_000)
    hop: int = _is(
        320, "samples between frames, 320 or 480; Sec. 5.1", ge=320, le=480, multiple_of=160
    )
    # model; here a small PaSST that two cores can train
    dim: int = _is(64, "embedding dimension; Sec. 5.1", ge=8, le=2048)
    depth: int = _is(2, "transformer blocks; Sec. 5.1", ge=1, le=48)
    heads: int = _is(2, "attention heads of a block; Sec. 5.1", ge=1, le=64)
    stride: int = _is(16, "stride of the 16 x 16 patches; ours", ge=1, le=16)
    checkpoint: str = _is("", "released PaSST weights; empty: random start; Sec. 5.1")
    # optimisation; here trained from scratch, so not the paper's fine-tuning rate and epsilon
    epochs: int = _is(4, "see epoch_windows; Sec. 5.1", ge=1, le=10**5)
    epoch_windows: Literal["clip", "recording"] = _is(
        "clip", "an epoch has one window of each 1-s clip or of each recording; Sec. 5.1, open"
    )
    batch_size: int = _is(64, "windows a step; Sec. 5.1", ge=2, le=65536)
    learning_rate: float = _is(0.001, "of Adam at the start; Sec. 5.1", gt=0, le=1)
    adam_beta1: float = _is(0.9, "decay of the mean gradient; Sec. 5.1", ge=0, lt=1)
    adam_beta2: float = _is(0.999, "decay of its mean square; Sec. 5.1", ge=0, lt=1)
    adam_eps: float = _is(1e-8, "added to the root of the latter; Sec. 5.1", gt=0, le=1)
    plateau_patience: int = _is(
        2, "epochs without gain before a lower rate; Sec. 5.1", ge=0, le=10**5
    )
    plateau_factor: float = _is(0.5, "the lower rate as a share of the last; Sec. 5.1", gt=0, lt=1)
    max_steps: int = _is(0, "stop after so many steps; 0: no limit; ours", ge=0, le=10**9)
    # where it runs
    device: str = _is("auto", "or cpu, mps, cuda[:N]; ours", pattern=_DEVICE)
    threads: int = _is(1, "CPU threads of one run; ours", ge=1, le=256)
    # float32 is never TF32
    precision: Literal["float32", "bfloat16"] = _is("float32", "of matrix products; ours")
    compile: bool = _is(False, "compile the network first (torch.compile); pays in long runs; ours")

    @field_validator("method")
    @classmethod
    def _method_known(cls, method: str) -> str:
        return _in_table(method, list(ALL_METHODS))

    @model_validator(mode="after")
    def _shapes_fit(self) -> Self:
        if self.dim % self.heads:
            raise ValueError(f"dim {self.dim} is not a multiple of heads {self.heads}")
        rows = (128 - 16) // self.stride + 1
        if self.patchout_rows >= rows:
            raise ValueError(
                f"patchout_rows {self.patchout_rows} leaves none of the {rows} frequency rows "
                f"that stride {self.stride} gives"
            )
        return self

    @property
    def run_name(self) -> str:
        """Folder of the run: readable, and another one where anything it depends on differs."""
        method = ALL_METHODS[self.method]
        no_icl, no_dirs = _ICL_ONLY * (not method.icl), _DIR_ONLY * (not method.dirs)
        values = self.model_dump(exclude={*_NOT_IN_NAME, *no_icl, *no_dirs}, mode="json")
        if method.loss and not method.icl and self.icl_layer != "after_norm":
            values["icl_layer"] = self.icl_layer  # where a loss of the method's own looks, too
        if method.recipe:  # Table 3's have none
            values["recipe"] = method.recipe
        digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]
        point = f"-a{self.alpha:g}-l{self.lambda_icl:g}" if method.icl else ""
        return f"{self.method}{point}-s{self.seed}-{digest}"

    @property
    def run_folder(self) -> Path:
        """Where the run lies: `outputs/<study>/runs/<run_name>`."""
        return ROOT / "outputs" / self.study / "runs" / self.run_name


class StudyConfig(RunConfig):
    """A whole study: the parameters that all its runs share, and what is compared."""

    # what is compared
    seeds: int = _is(2, "runs of each method; Sec. 5.1", ge=1, le=100)
    grid_alphas: list[_Alpha] = _is([0.2, 0.8], "alphas searched; Table 1", min_length=1)
    grid_lambdas: list[_Lambda] = _is([0.1, 0.5, 3.0], "lambdas searched; Table 1", min_length=1)
    grid_fixed_lambda: _Lambda = _is(10.0, "lambda_icl of the alpha search; Table 1")
    grid_fixed_alpha: _Alpha = _is(0.2, "alpha of the lambda search; Table 1")
    grid_seeds: int = _is(1, "runs of each point; Sec. 5.1", ge=1, le=100)
    grid_joint: bool = _is(False, "also every pair of alpha and lambda; ours")
    grid_warmup_steps: int = _is(0, "also such a warm-up, highest lambda; ours", ge=0, le=10**7)
    compare_tau22_root: str = _is("", "real clips for notebook 00; empty: a table; ours")
    compare_vintage_root: str = _is("", "real Vintage DIRs, likewise; ours")
    probe_epochs: int = _is(200, "most epochs of a device probe; Sec. 5.4", ge=1, le=10**5)
    bootstrap_draws: int = _is(1000, "redrawn sets behind each interval; ours", ge=10, le=10**6)
    example_microphone: str = _is("RodeNT2A", "microphone that is turned; Figure 2", min_length=1)
    example_pattern: str = _is("Cardioid", 'its polar pattern, "": none; Figure 2')
    example_distance_m: float = _is(0.5, "distance of the source, m; Figure 2", gt=0, le=1000)
    # the DIR generator, much reduced: about ten seconds a training
    generator_width: int = _is(8, "channels, narrowest layer; Sec. 5.3", ge=2, le=1024)
    generator_steps: int = _is(1000, "steps of each training; Sec. 5.3", ge=1, le=10**7)
    generator_batch_size: int = _is(16, "responses of a step; Sec. 5.3", ge=4, le=4096)
    generator_learning_rate: float = _is(0.003, "of RMSprop at the start; Sec. 5.3", gt=0, le=1)
    generator_decay_steps: int = _is(
        125, "steps until 0.7 of the rate is left; Sec. 5.3", ge=1, le=10**7
    )
    generator_all_folds: bool = _is(False, "hold out each distance and microphone; Sec. 5.3")
    generated_method: bool = _is(False, "also train scenes with its DIRs; Sec. 5.3")
    # notebook 07
    beyond_methods: list[str] = _is(_BEYOND, "rows of methods.py; empty: no notebook 07; ours")
    beyond_seeds: int = _is(1, "runs of each; at most `seeds`; ours", ge=1, le=100)
    # where it runs: batches are half of so small a network's time
    runs_together: int = _is(6, "most runs that share batches in one process; ours", ge=1, le=1000)

    @field_validator("beyond_methods")
    @classmethod
    def _methods_known(cls, methods: list[str]) -> list[str]:
        rows = [name for name in ALL_METHODS if name not in METHODS]
        return [_in_table(name, rows) for name in dict.fromkeys(methods)]

    @model_validator(mode="after")
    def _seeds_are_shared(self) -> Self:
        if self.beyond_methods and self.beyond_seeds > self.seeds:
            raise ValueError(
                f"beyond_seeds {self.beyond_seeds} is more than seeds {self.seeds}: methods are "
                "compared seed by seed"
            )
        return self

    @property
    def output(self) -> Path:
        """Where everything about the study lies: `outputs/<study>`."""
        return ROOT / "outputs" / self.study

    def run(self, **changes: Any) -> RunConfig:
        """The configuration of one run of this study."""
        shared = {name: getattr(self, name) for name in RunConfig.model_fields}
        return validated(RunConfig, shared | changes, f"study {self.study}")

    @property
    def simulated_world(self) -> str:
        """Name of the simulated world that its recordings come from; empty: they are real."""
        root = resolve(self.tau22_root)
        return root.parent.name if root.is_relative_to(SIMULATED) else ""

    def method_runs(self) -> list[RunConfig]:
        """The runs behind Table 3: each method with each seed."""
        return [self.run(method=m, seed=s) for m in METHODS for s in range(self.seeds)]

    def generated_runs(self) -> list[RunConfig]:
        """The runs with generated DIRs, which Table 3 left out: each seed; none if not asked."""
        seeds = range(self.seeds) if self.generated_method else ()
        return [self.run(method="generated", seed=seed) for seed in seeds]

    def beyond_runs(self) -> list[RunConfig]:
        """The runs of notebook 07 that Table 3 does not have: each of its methods, each seed."""
        seeds = range(self.beyond_seeds)
        return [self.run(method=m, seed=s) for m in self.beyond_methods for s in seeds]

    def _icl_runs(self, alphas: list[float], lambdas: list[float], **more: Any) -> list[RunConfig]:
        return [
            self.run(method="icl", alpha=alpha, lambda_icl=weight, seed=seed, **more)
            for alpha in alphas
            for weight in lambdas
            for seed in range(self.grid_seeds)
        ]

    def alpha_runs(self) -> list[RunConfig]:
        """The runs behind the left half of Table 1."""
        return self._icl_runs(self.grid_alphas, [self.grid_fixed_lambda])

    def lambda_runs(self) -> list[RunConfig]:
        """The runs behind the right half of Table 1."""
        return self._icl_runs([self.grid_fixed_alpha], self.grid_lambdas)

    def joint_runs(self) -> list[RunConfig]:
        """The runs behind the joint grid, which holds both of Table 1; none if not asked."""
        alphas = sorted({*self.grid_alphas, self.grid_fixed_alpha})
        weights = sorted({*self.grid_lambdas, self.grid_fixed_lambda})
        return self._icl_runs(alphas, weights) if self.grid_joint else []

    def warmup_runs(self) -> list[RunConfig]:
        """The highest lambda at the fixed alpha without warm-up and with it; none if not asked."""
        highest = max(*self.grid_lambdas, self.grid_fixed_lambda)
        steps = (0, self.grid_warmup_steps) if self.grid_warmup_steps else ()
        point = [self.grid_fixed_alpha], [highest]
        return [run for one in steps for run in self._icl_runs(*point, icl_warmup_steps=one)]

    def grid_runs(self) -> list[RunConfig]:
        """The runs that notebook 02 reads: both searches, the joint grid, the warm-up."""
        searches = [*self.alpha_runs(), *self.lambda_runs()]
        return [*searches, *self.joint_runs(), *self.warmup_runs()]

    def all_runs(self) -> dict[str, RunConfig]:
        """Every run of the study by its name; points that two tables share stand once."""
        of_notebooks = self.grid_runs(), self.generated_runs(), self.beyond_runs()
        runs = [*self.method_runs(), *(run for some in of_notebooks for run in some)]
        return {run.run_name: run for run in runs}

    def run_named(self, name: str = "") -> RunConfig:
        """The run of this name; empty: the first of `plain`."""
        runs = self.all_runs()
        name = str(name) or self.method_runs()[0].run_name
        if name not in runs:
            told = f"run {name[:80]!r}: study {self.study} has no such run; the nearest: "
            raise InputError(told + ", ".join(get_close_matches(name, runs, n=3, cutoff=0)))
        return runs[name]


def load(study_file: str | Path, **changes: Any) -> StudyConfig:
    """The study of a name or of its YAML file (`quick` is short for `params/quick.yaml`)."""
    path = Path(str(study_file))
    if path.suffix not in {".yaml", ".yml"}:
        path = ROOT / "params" / f"{study_file}.yaml"
    elif not path.is_absolute() and not path.exists():
        path = ROOT / path
    values = read_study_file(path)
    if values.setdefault("study", path.stem) != path.stem:
        told = f"{path}: study: {values['study']!r} given, but a study has the name of its file"
        raise InputError(f"{told}; leave the line out")
    return validated(StudyConfig, values | changes, str(path), text=True)


def check(study_file: str) -> StudyConfig:
    """The study of a file, once the folders and files that it names are there."""
    config = load(study_file)
    for part in ("tau22", "vintage", "multi"):
        root = resolve(given := getattr(config, f"{part}_root"))
        simulated = f"outputs/simulated/<world>/{part}"
        if root.is_relative_to(SIMULATED):
            if root.relative_to(SIMULATED).parts[1:] != (part,):
                raise InputError(f"{part}_root: {given} is no simulated {part}; write {simulated}")
        elif not root.is_dir():
            raise InputError(
                f"{part}_root: no folder {root}; fetch the data (python -m asc_lib.get_data "
                f"{part}), or take the simulated ones: {simulated}"
            )
    for name in ("compare_tau22_root", "compare_vintage_root"):
        if (given := getattr(config, name)) and not resolve(given).is_dir():
            raise InputError(f'{name}: no folder {resolve(given)}; `{name}: ""` compares nothing')
    if config.checkpoint and not resolve(config.checkpoint).is_file():
        raise InputError(
            f"checkpoint: no file {resolve(config.checkpoint)}; fetch the released weights (python "
            '-m asc_lib.get_data passt), or write `checkpoint: ""` to start from random ones (no '
            "longer the paper's study)"
        )
    return config


def own(**given: tuple[Any, type, float, float]) -> None:
    """Check a notebook's own parameters: name=(value, type, lowest, highest)."""
    ranges = {
        name: Annotated[kind, Field(ge=low, le=high)]
        for name, (_, kind, low, high) in given.items()
    }
    model = create_model("Own", __config__=_STRICT, **ranges)
    validated(model, {name: value for name, (value, *_) in given.items()}, "parameters cell")


def _in_table(name: str, rows: list[str]) -> str:
    if name not in rows:
        raise ValueError(f"{name[:80]!r} is no method; {nearest(name, rows)}")
    return name
