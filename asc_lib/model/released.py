"""Released PaSST weights: files of https://github.com/kkoutini/PaSST/releases into a model."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from asc_lib.files import InputError, reading

# A model for another number of classes starts with a classifier of its own.
_CLASSIFIERS = ("head.1.", "head_dist.")


def load_released(model: nn.Module, path: str | Path) -> None:
    """Put released weights into a PaSST, all but the classifiers if these have other classes.

    A .safetensors or .pt file (read without executing anything): the weights by name, or a training
    checkpoint that holds them under "state_dict" or "model", with "net." before each. `InputError`:
    it is missing, unreadable, holds NaN, or does not fit.
    """
    path = Path(path)
    with reading(path, "weights", "download it again"):
        _load(model, path)


def _load(model: nn.Module, path: Path) -> None:
    given = _strip(_read(path), path)
    wanted = model.state_dict()
    head = given.get("head.1.weight")
    if head is not None and len(head) != len(wanted["head.1.weight"]):
        given = {name: t for name, t in given.items() if not name.startswith(_CLASSIFIERS)}
        wanted = {name: t for name, t in wanted.items() if not name.startswith(_CLASSIFIERS)}

    wrong = [f"{name} missing" for name in wanted if name not in given]
    wrong += [f"{name} surplus" for name in given if name not in wanted]
    wrong += [
        f"{name} {tuple(given[name].shape)} instead of {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in given and given[name].shape != tensor.shape
    ]
    if wrong:
        more = f" and {len(wrong) - 8} more" if len(wrong) > 8 else ""
        raise InputError(
            f"{path}: weights of another model: {'; '.join(wrong[:8])}{more}; PaSST-S wants dim "
            "768, depth 12, heads 12 and the stride of the file's name (s10 or s16)"
        )
    if odd := [name for name in wanted if not given[name].isfinite().all()]:
        raise InputError(f"{path}: NaN or infinity in {', '.join(odd[:8])}; download it again")
    model.load_state_dict(given, strict=False)


def _read(path: Path) -> object:
    if not path.is_file():
        raise InputError(
            f"{path}: no such file (parameter checkpoint); download a release of "
            "https://github.com/kkoutini/PaSST/releases, or leave checkpoint empty for a random "
            "start"
        )
    if path.suffix == ".safetensors":
        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def _strip(content: object, path: Path) -> dict[str, Tensor]:
    """The weights by name out of the forms that PaSST's code writes."""
    for key in ("state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not all(isinstance(t, Tensor) for t in content.values()):
        raise InputError(f"{path}: holds no weights by name; give a released PaSST checkpoint")
    inner = {k.removeprefix("net."): t for k, t in content.items() if k.startswith("net.")}
    return inner or content
