"""The network compiled: one graph, whatever is drawn; and a machine that cannot is told so."""

import pytest
import torch
from asc_lib.train.step import TrainingState
from torch._dynamo.testing import CompileCounterWithBackend

from asc_lib.files import InputError
from asc_lib.model.passt import PaSST
from asc_lib.study import load
from asc_lib.train.prepare import check_compiler

SMALL = {"dim": 16, "depth": 2, "heads": 2}


@pytest.fixture(autouse=True)
def forget() -> None:
    torch._dynamo.reset()


def small(precision: str = "float32") -> PaSST:
    torch.manual_seed(0)
    return PaSST(**SMALL, precision=precision)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_one_graph_for_every_draw_and_one_for_evaluation(precision: str) -> None:
    plain, compiled = small(precision), small(precision)
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


def test_a_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(InputError, match=r"compile: .*no-such-compiler is not there"):
        check_compiler()


def test_missing_headers_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr("shutil.which", lambda name: name)
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"include": str(tmp_path)})
    with pytest.raises(InputError, match=r"compile: .*headers.*python3-dev"):
        check_compiler()
    (tmp_path / "Python.h").touch()
    check_compiler()
