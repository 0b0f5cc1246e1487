"""The network compiled: one graph, whatever is drawn."""

import pytest
import torch
from torch._dynamo.testing import CompileCounterWithBackend

from asc_lib.model.passt import PaSST
from asc_lib.study import load
from asc_lib.train.training import TrainingState


@pytest.fixture(autouse=True)
def forget() -> None:
    torch._dynamo.reset()


def small() -> PaSST:
    torch.manual_seed(0)
    return PaSST(dim=16, depth=2, heads=2)


def test_one_graph_for_every_draw_and_one_for_evaluation() -> None:
    plain, compiled = small(), small()
    count = CompileCounterWithBackend("aot_eager")
    compiled.compile(dynamic=False, backend=count, fullgraph=True)
    for _ in range(4):
        log_mel, draw = torch.randn(3, 128, 100), plain.draw(100)
        given, expected = compiled(log_mel, draw), plain(log_mel, draw)
        torch.testing.assert_close(given, expected, rtol=0, atol=1e-5)
        for model, outputs in ((compiled, given), (plain, expected)):
            model.zero_grad()
            outputs[0].square().sum().backward()
        for one, other in zip(compiled.parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-4)
    assert count.frame_count == 1
    with torch.no_grad():
        for _ in range(2):
            log_mel = torch.randn(3, 128, 100)
            torch.testing.assert_close(compiled.eval()(log_mel), plain.eval()(log_mel))
    assert count.frame_count == 2


def test_weights_keep_their_names() -> None:
    config = load("quick").run(dim=16, depth=1, heads=2)
    plain, compiled = (
        TrainingState(config.model_copy(update={"compile": on}), torch.device("cpu")).model
        for on in (False, True)
    )
    assert list(compiled.state_dict()) == list(plain.state_dict())
    assert compiled._compiled_call_impl is not None and plain._compiled_call_impl is None
