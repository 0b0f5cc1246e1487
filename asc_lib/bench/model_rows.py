"""The default model's whole loop, and PaSST-S beside hear21passt and the CPU's limit."""

from collections.abc import Callable, Iterator

import torch
from torch.nn.functional import cross_entropy

from asc_lib.bench import peers
from asc_lib.bench.loop import BareStep, Loop
from asc_lib.bench.measure import in_turn, matrix_flops, matrix_rate, rate, threads
from asc_lib.bench.setting import Setting
from asc_lib.bench.table import Row
from asc_lib.study import RunConfig
from asc_lib.model import passt as our_passt

CPU = torch.device("cpu")


def training_loop(setting: Setting) -> Iterator[Row]:
    """The default model's whole training loop beside its bare step, windows a second."""
    steps = 4 if setting.small else 150  # the first batch, which nothing hides, is 1 % of 60
    for method in ("plain", "vintage"):
        config = setting.config(method=method)
        batches = setting.batches(config, CPU, dirs=method != "plain")
        with threads(config.threads):
            loop = Loop(config, batches, CPU)
            bare = BareStep(config, [batches.batch(step) for step in range(8)], CPU)
            windows = steps * batches.batch_size
            ours, limit = in_turn(
                rate(lambda loop=loop: loop.train(steps), windows, 0),
                rate(lambda bare=bare: bare.train(steps), windows, 0),
                repeats=setting.repeats,
            )
        yield Row(
            f"whole training loop, default model, method {method}", "windows/s", ours,
            "forward, backward, optimiser on ready tensors", limit, reach=0.9,
            threads=config.threads, note="of the model; the input may take another core",
        )  # fmt: skip


def passt(setting: Setting) -> Iterator[Row]:
    """PaSST-S on the CPU: training and evaluation, beside hear21passt and the matrix rate."""
    config = paper_on_cpu(setting)
    size = config.batch_size
    log_mel, scene = torch.randn(size, 128, 100), torch.randint(10, (size,))
    ours, theirs = our_passt.from_config(config), peers.passt(config)
    product = 256 if setting.small else 2048
    for what, work in (("training step", _training), ("evaluation step", _evaluation)):
        calls = [work(ours, _ours), work(theirs, _theirs)]
        flops = [_flops_per_window(call, log_mel, scene) for call in calls]
        with threads(setting.cores), peers.quiet():
            mine, other, limit = in_turn(
                rate(lambda call=calls[0]: call(log_mel, scene), size, 0),
                rate(lambda call=calls[1]: call(log_mel, scene), size, 0),
                matrix_rate(product, torch.float32, CPU, setting.seconds),
                repeats=setting.repeats,
            )
        what = f"PaSST-S {what}, batch {size}"
        yield Row(what, "windows/s", mine, "hear21passt", other, reach=1, threads=setting.cores)
        for name, rates, flop in (("ours", mine, flops[0]), ("hear21passt", other, flops[1])):
            yield Row(
                f"{what}, matrix products of {name}", "GFLOP/s", [r * flop / 1e9 for r in rates],
                f"torch.mm of {product} x {product} float32", [r / 1e9 for r in limit],
                reach=0.7 if name == "ours" else None, threads=setting.cores,
                note=f"{flop / 1e9:.2f} GFLOP a window",
            )  # fmt: skip


def paper_on_cpu(setting: Setting, **changes: object) -> RunConfig:
    """The paper's model from a random start, at a batch that a CPU can train."""
    small = {"dim": 32, "depth": 1, "heads": 2} if setting.small else {}
    values = {"checkpoint": "", "batch_size": 4 if setting.small else 16, "threads": setting.cores}
    values |= {"precision": "float32", "compile": False}
    return setting.config("paper", **(values | small | changes))


Call = Callable[[torch.Tensor, torch.Tensor], None]
Logits = Callable[[torch.nn.Module, torch.Tensor], torch.Tensor]


def _ours(model: torch.nn.Module, log_mel: torch.Tensor) -> torch.Tensor:
    return model(log_mel)[0]


def _theirs(model: torch.nn.Module, log_mel: torch.Tensor) -> torch.Tensor:
    return model(log_mel[:, None])[0]


def _training(model: torch.nn.Module, logits: Logits) -> Call:
    # the same optimiser for both, or it would be torch's that is compared
    optimizer = torch.optim.Adam(model.parameters(), fused=True)

    def call(log_mel: torch.Tensor, scene: torch.Tensor) -> None:
        loss = cross_entropy(logits(model.train(), log_mel), scene)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return call


def _evaluation(model: torch.nn.Module, logits: Logits) -> Call:
    def call(log_mel: torch.Tensor, scene: torch.Tensor) -> None:
        with torch.no_grad():
            logits(model.eval(), log_mel)

    return call


def _flops_per_window(call: Call, log_mel: torch.Tensor, scene: torch.Tensor) -> float:
    with peers.quiet():
        return matrix_flops(lambda: call(log_mel[:2], scene[:2])) / 2
