"""Every parameter of a study: its type, its range, its meaning, and where the paper states it.

The names are those of `params/*.yaml` and of the notebooks' parameters cells. "Sec." is a section
of Schmidt and Peters, "Device Generalization with Inverse Contrastive Loss and Impulse Response
Augmentation".
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from asc_lib.experiment.methods import ALL_METHODS, METHODS
from asc_lib.experiment.parameter_errors import SIGNS, in_table, validated
from asc_lib.experiment.study_file import read_study_file
from asc_lib.files import ROOT, SIMULATED, InputError, resolve

# Where and how fast a run is computed is no part of what it computes.
_NOT_IN_NAME = {"study", "device", "threads", "bank_root", "compile"}
_ICL_ONLY = {"alpha", "beta", "lambda_icl", "icl_weighting", "icl_layer", "icl_warmup_steps"}
_PATHS = ("tau22_root", "vintage_root", "multi_root", "bank_root", "checkpoint")
_DIR_ONLY = {"vintage_root", "multi_root", "dir_probability"}


class RunConfig(BaseModel):
    """What one training run (one execution of notebook 03) depends on."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    study: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", description="folder under outputs/")
    # data
    tau22_root: str = Field(min_length=1, description="folder in the TAU22 layout")
    vintage_root: str = Field(min_length=1, description="folder of MicIRP wavs")
    multi_root: str = Field(min_length=1, description="folder in the Surrey layout")
    bank_root: str = Field("outputs/banks", min_length=1, description="where banks are kept")
    validation_share: float = Field(
        ge=0, le=0.5, description="share of the training locations set apart; 0: none"
    )
    # method
    method: str = Field("plain", description="a row of the table in experiment/methods.py")
    seed: int = Field(0, ge=0, lt=2**31)
    alpha: float = Field(0.2, ge=0, le=10, description="ICL threshold, eq. (4)")
    beta: float = Field(1.0, gt=0, le=10, description="ICL barrier strength, eq. (4)")
    lambda_icl: float = Field(0.5, ge=0, le=100, description="weight of ICL, eq. (2)")
    icl_weighting: Literal["pairs", "balanced"] = "pairs"
    icl_layer: Literal["after_norm", "before_norm"] = Field(
        "after_norm", description="embedding after or before the encoder's last LayerNorm"
    )
    icl_warmup_steps: int = Field(0, ge=0, description="steps over which lambda_icl grows from 0")
    dir_probability: float = Field(0.5, ge=0, le=1, description="share of windows convolved")
    # input (Sec. 5.1)
    patchout_rows: int = Field(6, ge=0, description="frequency rows of patches left out")
    freq_mask_bins: int = Field(48, ge=0, le=127, description="longest mask, mel bins")
    time_mask_frames: int = Field(24, ge=0, le=99, description="longest mask, frames")
    cutoff_jitter_hz: int = Field(500, ge=0, le=2000, description="range of the upper cutoff")
    # model (Sec. 5.1)
    dim: int = Field(768, ge=8, le=2048, description="embedding dimension")
    depth: int = Field(12, ge=1, le=48, description="transformer blocks")
    heads: int = Field(12, ge=1, le=64)
    stride: int = Field(10, ge=1, le=16, description="stride of the 16 x 16 patches")
    checkpoint: str = Field("", description="released PaSST weights; empty: random start")
    # optimisation (Sec. 5.1)
    epochs: int = Field(250, ge=1, le=100_000)
    batch_size: int = Field(64, ge=2, le=65536)
    learning_rate: float = Field(0.00042, gt=0, le=1)
    adam_beta1: float = Field(0.957, ge=0, lt=1)
    adam_beta2: float = Field(0.9514, ge=0, lt=1)
    adam_eps: float = Field(0.038, gt=0, le=1)
    plateau_patience: int = Field(10, ge=0, description="epochs without gain before a reduction")
    plateau_factor: float = Field(0.5, gt=0, lt=1)
    max_steps: int = Field(0, ge=0, description="stop after so many steps; 0: no limit")
    # where it runs
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    threads: int = Field(1, ge=1, le=256, description="CPU threads of one run")
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="of the network's matrix products; front end, losses and weights are float32. "
        "float32 is all of it on a GPU as well: no TF32",
    )
    compile: bool = Field(False, description="compile the network first (torch.compile)")

    @field_validator("method")
    @classmethod
    def _method_known(cls, method: str) -> str:
        return in_table(method, ALL_METHODS, "method")

    @field_validator(*_PATHS, "compare_tau22_root", "compare_vintage_root", check_fields=False)
    @classmethod
    def _can_be_a_path(cls, path: str, about: ValidationInfo) -> str:
        # the system's limits are 4095 bytes, and 255 for a name
        parts = path.encode().split(b"/")
        if not path.isprintable() or len(path.encode()) > 4000 or max(map(len, parts)) > 255:
            raise ValueError(f"{about.field_name}: {path[:SIGNS]!r} given; no path can be so")
        return path

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
        skip = set(_NOT_IN_NAME)
        skip |= set() if method.icl else _ICL_ONLY
        skip |= set() if method.dirs else _DIR_ONLY
        values = self.model_dump(exclude=skip, mode="json")
        if method.loss and not method.icl and self.icl_layer != "after_norm":
            values["icl_layer"] = self.icl_layer  # where a loss of the method's own looks, too
        if method.recipe:  # Table 3's have none
            values["recipe"] = method.recipe
        text = json.dumps(values, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        point = f"-a{self.alpha:g}-l{self.lambda_icl:g}" if method.icl else ""
        return f"{self.method}{point}-s{self.seed}-{digest}"

    @property
    def run_folder(self) -> Path:
        """Where the run lies: `outputs/<study>/runs/<run_name>`."""
        return ROOT / "outputs" / self.study / "runs" / self.run_name


class StudyConfig(RunConfig):
    """A whole study: the parameters that all its runs share, and what is compared."""

    seeds: int = Field(3, ge=1, le=100, description="runs of each method, seeds 0, 1, ...")
    grid_alphas: list[float] = Field([0.0, 0.2, 0.4, 0.8, 1.5], min_length=1)
    grid_lambdas: list[float] = Field([0.1, 0.5, 1.0, 3.0, 6.0], min_length=1)
    grid_fixed_lambda: float = Field(10.0, ge=0, le=100, description="lambda of the alpha search")
    grid_fixed_alpha: float = Field(0.2, ge=0, le=10, description="alpha of the lambda search")
    grid_seeds: int = Field(1, ge=1, le=100)
    grid_joint: bool = Field(
        False, description="train every pair of alpha and lambda, not only the two searches"
    )
    grid_warmup_steps: int = Field(
        0, ge=0, description="also train the highest lambda with such a warm-up; 0: do not"
    )
    compare_tau22_root: str = Field(
        "", description="real recordings to set beside the simulated ones; empty: none"
    )
    compare_vintage_root: str = Field(
        "", description="real responses to set beside the simulated ones; empty: none"
    )
    probe_epochs: int = Field(200, ge=1, le=100_000, description="most epochs of a device probe")
    bootstrap_draws: int = Field(1000, ge=10, le=1_000_000)
    generator_width: int = Field(
        256, ge=2, le=1024, description="channels of the DIR generator's narrowest layer, Sec. 5.3"
    )
    generator_steps: int = Field(
        60_000, ge=1, le=10_000_000, description="steps of each of its trainings"
    )
    generator_batch_size: int = Field(128, ge=4, le=4096, description="responses of a step")
    generator_learning_rate: float = Field(0.00008, gt=0, le=1, description="of its RMSprop")
    generator_decay_steps: int = Field(
        7500, ge=1, description="steps after which its learning rate falls to 0.7 of itself"
    )
    generator_all_folds: bool = Field(
        True, description="hold out each distance and each microphone once, not only some"
    )
    generated_method: bool = Field(
        True, description="also train the scene classifier with generated DIRs"
    )
    beyond_methods: list[str] = Field(
        [], description="methods of notebook 07, rows of experiment/methods.py; empty: no notebook"
    )
    beyond_seeds: int = Field(3, ge=1, le=100, description="runs of each; at most `seeds`")
    runs_together: int = Field(
        1, ge=1, le=1000, description="most runs that share their batches in one process"
    )
    example_microphone: str = Field("RodeNT2A", min_length=1, description="microphone of Figure 2")
    example_pattern: str = "Cardioid"
    example_distance_m: float = Field(0.5, gt=0)

    @field_validator("beyond_methods")
    @classmethod
    def _methods_known(cls, methods: list[str]) -> list[str]:
        rows = {name: row for name, row in ALL_METHODS.items() if name not in METHODS}
        return [in_table(name, rows, "beyond_methods") for name in dict.fromkeys(methods)]

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

    def alpha_runs(self) -> list[RunConfig]:
        """The runs behind the left half of Table 1."""
        return [
            self.run(method="icl", alpha=alpha, lambda_icl=self.grid_fixed_lambda, seed=seed)
            for alpha in self.grid_alphas
            for seed in range(self.grid_seeds)
        ]

    def lambda_runs(self) -> list[RunConfig]:
        """The runs behind the right half of Table 1."""
        return [
            self.run(method="icl", alpha=self.grid_fixed_alpha, lambda_icl=weight, seed=seed)
            for weight in self.grid_lambdas
            for seed in range(self.grid_seeds)
        ]

    def joint_runs(self) -> list[RunConfig]:
        """The runs behind the joint grid, which holds both searches of Table 1; none if not asked.

        The paper searched its two weights one after the other, "even though the variables are not
        independent" (Sec. 5.2).
        """
        alphas = sorted({*self.grid_alphas, self.grid_fixed_alpha})
        weights = sorted({*self.grid_lambdas, self.grid_fixed_lambda})
        return [
            self.run(method="icl", alpha=alpha, lambda_icl=weight, seed=seed)
            for alpha in alphas
            for weight in weights
            for seed in range(self.grid_seeds)
            if self.grid_joint
        ]

    def warmup_runs(self) -> list[RunConfig]:
        """The highest lambda at the fixed alpha without warm-up and with it; none if not asked."""
        highest = max(*self.grid_lambdas, self.grid_fixed_lambda)
        point = {"method": "icl", "alpha": self.grid_fixed_alpha, "lambda_icl": highest}
        return [
            self.run(**point, icl_warmup_steps=steps, seed=seed)
            for steps in (0, self.grid_warmup_steps)
            for seed in range(self.grid_seeds)
            if self.grid_warmup_steps
        ]

    def grid_runs(self) -> list[RunConfig]:
        """The runs that notebook 02 reads: both searches, the joint grid, the warm-up."""
        searches = [*self.alpha_runs(), *self.lambda_runs()]
        return [*searches, *self.joint_runs(), *self.warmup_runs()]

    def all_runs(self) -> dict[str, RunConfig]:
        """Every run of the study by its name; points that two tables share stand once."""
        of_notebooks = self.grid_runs(), self.generated_runs(), self.beyond_runs()
        runs = [*self.method_runs(), *(run for some in of_notebooks for run in some)]
        return {run.run_name: run for run in runs}


def load(study_file: str | Path, **changes: Any) -> StudyConfig:
    """The study that a YAML file describes (`quick` is short for `params/quick.yaml`).

    Raises:
        InputError: the file is missing or unreadable, or a parameter in it is wrong.
    """
    path = Path(study_file)
    if path.suffix not in {".yaml", ".yml"}:
        path = ROOT / "params" / f"{study_file}.yaml"
    elif not path.is_absolute() and not path.exists():
        path = ROOT / path
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in (ROOT / "params").glob("*.yaml")))
        raise InputError(f"{path}: no such parameter file; studies in params/ are: {known}")
    return validated(StudyConfig, read_study_file(path) | changes, str(path))
