"""PaSST against the hear21passt package, with the same random weights."""

import contextlib
import io
import warnings
from pathlib import Path

import pytest
import torch
from hear21passt.models import passt as hear
from safetensors.torch import save_file
from torch import Tensor, nn

from asc_lib.files import InputError
from asc_lib.model.passt import PaSST, from_config, load_released
from asc_lib.study import RunConfig

SMALL = {"dim": 32, "depth": 2, "heads": 4}


def quiet(module: nn.Module, log_mel: Tensor) -> tuple[Tensor, Tensor]:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        warnings.simplefilter("ignore")
        return module(log_mel[:, None])


@pytest.fixture(scope="module")
def released() -> nn.Module:
    """PaSST-S for ten classes as hear21passt builds it; every weight random, norms as well."""
    torch.manual_seed(0)
    model = hear.PaSST(
        s_patchout_f=6, img_size=(128, 998), stride=(10, 10), num_classes=10, distilled=True
    )
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.LayerNorm):
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.1)
    return model


@pytest.fixture(scope="module")
def ours(released: nn.Module) -> PaSST:
    model = PaSST()
    model.load_state_dict(released.state_dict())  # strict: the very same names and shapes
    return model


def assert_equal_outputs(given: tuple[Tensor, Tensor], expected: tuple[Tensor, Tensor]) -> None:
    for one, other in zip(given, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


@pytest.mark.parametrize("frames", [100, 16])
def test_equals_hear21passt_in_evaluation(ours: PaSST, released: nn.Module, frames: int) -> None:
    log_mel = torch.randn(1, 128, frames)
    with torch.no_grad():
        given = ours.eval()(log_mel)
    assert [tuple(t.shape) for t in given] == [(1, 10), (1, 768)]
    assert_equal_outputs(given, quiet(released.eval(), log_mel))


def test_equals_hear21passt_in_training_with_the_same_seed(
    ours: PaSST, released: nn.Module
) -> None:
    log_mel = torch.randn(1, 128, 998)
    torch.manual_seed(5)
    with torch.no_grad():
        given = ours.train()(log_mel)
    torch.manual_seed(5)
    assert_equal_outputs(given, quiet(released.train(), log_mel))


def test_short_input_in_training_equals_hear21passt_with_a_shifted_time_embedding(
    ours: PaSST, released: nn.Module
) -> None:
    """hear21passt has no random offset; its newer sibling takes this stretch of the embedding."""
    log_mel = torch.randn(2, 128, 100)
    torch.manual_seed(6)
    with torch.no_grad():
        given = ours.train()(log_mel)
    torch.manual_seed(6)
    offset = int(torch.randint(99 - 9 + 1, (1,)))
    state = torch.get_rng_state()
    assert offset > 0
    kept = released.time_new_pos_embed.data
    released.time_new_pos_embed.data = kept[..., offset:]
    torch.set_rng_state(state)
    try:
        assert_equal_outputs(given, quiet(released.train(), log_mel))
    finally:
        released.time_new_pos_embed.data = kept


@pytest.mark.parametrize(("stride", "patchout"), [(16, 2), (10, 0)])
def test_small_variants_equal_hear21passt(stride: int, patchout: int) -> None:
    theirs = hear.PaSST(
        s_patchout_f=patchout, img_size=(128, 100), stride=(stride, stride), num_classes=10,
        distilled=True, embed_dim=32, depth=2, num_heads=4,
    )  # fmt: skip
    if stride == 10:  # hear21passt counts 100 // 10 places where there are 9 patches
        theirs.time_new_pos_embed = nn.Parameter(theirs.time_new_pos_embed[..., :9])
    model = PaSST(**SMALL, stride=stride, patchout_rows=patchout, frames=100)
    model.load_state_dict(theirs.state_dict())
    log_mel = torch.randn(3, 128, 100)
    for training in (True, False):
        torch.manual_seed(1)
        given = model.train(training)(log_mel)
        torch.manual_seed(1)
        assert_equal_outputs(given, quiet(theirs.train(training), log_mel))


def test_embedding_before_the_norm(ours: PaSST) -> None:
    seen = {}
    hook = ours.norm.register_forward_hook(lambda _m, args, out: seen.update(into=args[0], out=out))
    with torch.no_grad():
        log_mel = torch.randn(1, 128, 100)
        logits, before = ours.eval()(log_mel, embedding_layer="before_norm")
        same_logits, after = ours(log_mel)
    hook.remove()
    assert torch.equal(logits, same_logits)
    torch.testing.assert_close(before, seen["into"][:, :2].mean(1))
    torch.testing.assert_close(after, seen["out"][:, :2].mean(1))
    assert not torch.allclose(before, after, atol=0.1)


def test_draws_keep_sorted_rows_and_reach_every_place() -> None:
    model = PaSST(**SMALL)
    generator = torch.Generator().manual_seed(0)
    draws = [model.draw(100, generator) for _ in range(600)]
    assert all(len(d.rows) == 6 and (d.rows.diff() > 0).all() for d in draws)
    assert torch.cat([d.rows for d in draws]).unique().tolist() == list(range(12))
    assert {int(d.columns[0]) for d in draws} == set(range(91))
    again = model.draw(100, torch.Generator().manual_seed(0))
    assert torch.equal(again.rows, draws[0].rows) and torch.equal(again.columns, draws[0].columns)


def test_half_precision_is_near_single_and_gives_single() -> None:
    torch.manual_seed(4)
    full = PaSST(**SMALL)
    half = PaSST(**SMALL, precision="bfloat16")
    half.load_state_dict(full.state_dict())
    log_mel, draw = torch.randn(8, 128, 100), full.draw(100)
    seen = []
    hook = half.blocks[0].mlp.fc1.register_forward_hook(lambda _m, _a, out: seen.append(out.dtype))
    for given, exact in zip(half(log_mel, draw), full(log_mel, draw), strict=True):
        assert given.dtype == torch.float32
        assert 0 < (given - exact).abs().max() < 0.05
    hook.remove()
    assert seen == [torch.bfloat16]
    half(log_mel, draw)[0].sum().backward()
    assert {p.grad.dtype for p in half.parameters() if p.grad is not None} == {torch.float32}


# released checkpoints


def tiny(classes: int) -> PaSST:
    torch.manual_seed(classes)
    return PaSST(classes=classes, **SMALL)


@pytest.mark.parametrize("form", ["plain", "state_dict", "model", "net."])
def test_released_forms_are_read(tmp_path: Path, form: str) -> None:
    source = tiny(10).state_dict()
    content = {
        "plain": source,
        "state_dict": {"state_dict": source, "epoch": 3},
        "model": {"model": source},
        "net.": {"state_dict": {f"net.{k}": v for k, v in source.items()} | {"x": torch.ones(1)}},
    }[form]
    torch.save(content, tmp_path / "passt.pt")
    model = tiny(10)
    nn.init.zeros_(model.cls_token)
    load_released(model, tmp_path / "passt.pt")
    assert all(torch.equal(t, source[k]) for k, t in model.state_dict().items())


def test_another_number_of_classes_keeps_its_own_classifier(tmp_path: Path) -> None:
    source = tiny(527).state_dict()
    save_file(source, tmp_path / "passt.safetensors")
    model = tiny(10)
    own = {k: v.clone() for k, v in model.state_dict().items()}
    load_released(model, tmp_path / "passt.safetensors")
    for name, tensor in model.state_dict().items():
        kept = name.startswith(("head.1.", "head_dist."))
        assert torch.equal(tensor, own[name] if kept else source[name]), name


def test_weights_of_another_model_are_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    state = tiny(10).state_dict()
    del state["norm.bias"]
    state["extra.weight"] = torch.zeros(2)
    state["time_new_pos_embed"] = state["time_new_pos_embed"][..., :62]
    torch.save(state, tmp_path / "other.pt")
    model = tiny(10)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    with pytest.raises(InputError) as error:
        load_released(model, tmp_path / "other.pt")
    for part in ("other.pt", "norm.bias missing", "extra.weight surplus", "(1, 32, 1, 62)"):
        assert part in str(error.value)
    assert all(torch.equal(t, before[k]) for k, t in model.state_dict().items())


class _Evil:
    def __reduce__(self):
        return Path.touch, (Path("evil"),)


def test_files_that_are_no_weights_are_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"norm.weight": _Evil()}, "evil.pt")
    torch.save(tiny(10).state_dict(), "whole.pt")
    Path("half.pt").write_bytes(Path("whole.pt").read_bytes()[:5000])
    Path("text.pt").write_text("<html>404</html>")
    Path("empty.pt").touch()
    Path("text.safetensors").write_text("<html>404</html>")
    torch.save([1, 2], "list.pt")
    names = ["evil.pt", "half.pt", "text.pt", "empty.pt", "text.safetensors", "list.pt", "none.pt"]
    for name in names:
        with pytest.raises(InputError, match=name):
            load_released(tiny(10), name)
    assert not Path("evil").exists()


def config(**changes: object) -> RunConfig:
    values = {
        "study": "test", "tau22_root": "a", "vintage_root": "b", "multi_root": "c",
        "validation_share": 0.1, "stride": 10, **SMALL, **changes,
    }  # fmt: skip
    return RunConfig.model_validate(values)


def test_from_config_with_a_checkpoint(tmp_path: Path) -> None:
    source = tiny(527).state_dict()
    torch.save(source, tmp_path / "passt.pt")
    model = from_config(config(checkpoint=str(tmp_path / "passt.pt"), stride=10))
    assert torch.equal(model.norm.weight, source["norm.weight"])
    assert torch.equal(model.cls_token, source["cls_token"])
    (tmp_path / "passt.pt").unlink()
    # a finished run is opened where the checkpoint is no longer there
    again = from_config(config(checkpoint=str(tmp_path / "passt.pt"), stride=10), released=False)
    again.load_state_dict(model.state_dict())
    with pytest.raises(InputError, match="checkpoint"):
        from_config(config(checkpoint=str(tmp_path / "passt.pt"), stride=10))
