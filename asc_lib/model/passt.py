"""PaSST, the Patchout faSt Spectrogram Transformer, on timm's transformer blocks; its weights.

Koutini et al., Interspeech 2022; Sec. 5.1 of the study's paper. Parameters have the names of the
released checkpoints, https://github.com/kkoutini/PaSST/releases.
"""

from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from asc_lib.files import InputError, reading, resolve
from asc_lib.model.frontend import MELS, window_frames
from asc_lib.model.transfer import to_device

PATCH = 16
RELEASED_FRAMES = 998  # 10 s: the released weights hold 99 places in time
# a model for another number of classes starts with a classifier of its own
_CLASSIFIERS = ("head.1.", "head_dist.")


class Draw(NamedTuple):
    """What is random in one training pass, once for the whole batch."""

    rows: Tensor  # kept frequency rows of patches, sorted, int64
    columns: Tensor  # place in time of each column of patches, consecutive, int64

    def to(self, device: torch.device) -> "Draw":
        """The draw on `device`."""
        return Draw(*(to_device(tensor, device) for tensor in self))


class PaSST(nn.Module):
    """Log-mel spectrogram to scene logits and embedding.

    16 x 16 patches get a place in time and one in frequency, training leaves some frequency rows
    out ("patchout"), and a transformer reads them behind two tokens of its own. The mean of these
    is the embedding, a LayerNorm and a linear layer on it classify.
    """

    def __init__(
        self,
        classes: int = 10,
        dim: int = 768,
        depth: int = 12,
        heads: int = 12,
        stride: int = 10,
        patchout_rows: int = 6,
        frames: int = RELEASED_FRAMES,
        precision: Literal["float32", "bfloat16"] = "float32",
    ) -> None:
        """Build with random weights; the defaults are PaSST-S for ten scenes.

        `stride`: step between patches in mel bands and frames; `patchout_rows`: frequency rows that
        training leaves out; `frames` of 10 ms: the longest input. "bfloat16" multiplies matrices in
        half precision; weights, residual path, embedding and classifier stay float32.
        """
        # as slow to import as torch: only who builds a network pays
        from timm.models.vision_transformer import Block

        super().__init__()
        self.precision = precision
        self.stride = stride
        self.patchout_rows = patchout_rows
        rows, columns = self._grid(MELS, frames)

        self.cls_token = nn.Parameter(torch.empty(1, 1, dim))
        self.dist_token = nn.Parameter(torch.empty(1, 1, dim))
        self.new_pos_embed = nn.Parameter(torch.empty(1, 2, dim))  # of the two tokens
        self.freq_new_pos_embed = nn.Parameter(torch.empty(1, dim, rows, 1))
        self.time_new_pos_embed = nn.Parameter(torch.empty(1, dim, 1, columns))
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(1, dim, PATCH, stride)})
        norm = partial(nn.LayerNorm, eps=1e-6)
        self.blocks = nn.Sequential(
            *(Block(dim, heads, qkv_bias=True, norm_layer=norm) for _ in range(depth))
        )
        self.norm = norm(dim)
        self.head = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, classes))
        # Released with the weights, but no part of the logits.
        self.head_dist = nn.Linear(dim, classes)
        self._initialise()

    def draw(self, frames: int, generator: torch.Generator | None = None) -> Draw:
        """One draw of patchout and time offset for inputs of `frames` frames, on the CPU.

        `generator` is a CPU generator; without it torch's own is used, in PaSST's order.
        """
        rows, columns = self._grid(MELS, frames)
        free = self.time_new_pos_embed.shape[3] - columns
        offset = torch.randint(free + 1, (1,), generator=generator) if free > 0 else 0
        kept = torch.arange(rows)
        if self.patchout_rows:
            count = rows - self.patchout_rows
            kept = torch.randperm(rows, generator=generator)[:count].sort().values
        return Draw(kept, offset + torch.arange(columns))

    def forward(
        self,
        log_mel: Tensor,
        draw: Draw | None = None,
        embedding_layer: Literal["after_norm", "before_norm"] = "after_norm",
    ) -> tuple[Tensor, Tensor]:
        """Logits (batch, classes) and embedding (batch, dim), float32, of `LogMel`'s pictures.

        Without a draw training takes one from torch's generator (a compiled model wants it given),
        evaluation reads all rows and the first columns. The embedding is taken after or before the
        last LayerNorm.
        """
        if draw is None and self.training:
            draw = self.draw(log_mel.shape[2]).to(log_mel.device)
        device = log_mel.device.type
        with torch.autocast(device, torch.bfloat16, enabled=self.precision == "bfloat16"):
            x = self._patches(log_mel, draw)  # (batch, rows * columns, dim)
            tokens = torch.cat([self.cls_token, self.dist_token], 1) + self.new_pos_embed
            x = torch.cat([tokens.expand(len(x), -1, -1), x], 1)
            x = self.blocks[:-1](x)
            x = _first_tokens(self.blocks[-1], x, 2)
        after = self.norm(x).mean(1)
        embedding = after if embedding_layer == "after_norm" else x.mean(1)
        return self.head(after), embedding

    def _patches(self, log_mel: Tensor, draw: Draw | None) -> Tensor:
        """Embedded patches with their places, only those of the draw."""
        # The convolution written out, so that left-out rows cost nothing: (batch, rows, columns,
        # 16, 16), one copy of what overlaps.
        patches = log_mel.unfold(1, PATCH, self.stride).unfold(2, PATCH, self.stride)
        freq = self.freq_new_pos_embed.permute(0, 2, 3, 1)  # (1, rows, 1, dim)
        time = self.time_new_pos_embed.permute(0, 2, 3, 1)  # (1, 1, columns, dim)
        if draw is None:
            time = time[:, :, : patches.shape[2]]
        else:
            patches = patches.index_select(1, draw.rows)
            freq, time = freq.index_select(1, draw.rows), time.index_select(2, draw.columns)
        proj = self.patch_embed["proj"]
        x = functional.linear(patches.flatten(3), proj.weight.flatten(1), proj.bias)
        return (x + (time + freq)).flatten(1, 2)

    def _grid(self, mels: int, frames: int) -> tuple[int, int]:
        return (mels - PATCH) // self.stride + 1, (frames - PATCH) // self.stride + 1

    def _initialise(self) -> None:
        """Truncated normals, biases 0, torch's own for the patches.

        PaSST's 0.02 belongs to 768 dimensions: others keep its ratio to 1 / sqrt(dim). Places start
        about as large as the patches, not at 0.02.
        """
        std = 0.02 * (768 / self.cls_token.shape[-1]) ** 0.5
        for parameter in (self.cls_token, self.dist_token, self.new_pos_embed):
            nn.init.trunc_normal_(parameter, std=std)
        for parameter in (self.freq_new_pos_embed, self.time_new_pos_embed):
            nn.init.trunc_normal_(parameter, std=0.5)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=std)
                nn.init.zeros_(module.bias)


def _first_tokens(block: nn.Module, x: Tensor, count: int) -> Tensor:
    """The first `count` tokens that `block` makes of `x`; the others are not computed.

    The classifier reads two of the last block: for PaSST-S 7 % of the work saved, of two blocks 40.
    """
    attention, normed = block.attn, block.norm1(x)
    dim = x.shape[-1]
    weight, bias = attention.qkv.weight, attention.qkv.bias
    q = functional.linear(normed[:, :count], weight[:dim], bias[:dim])
    k, v = functional.linear(normed, weight[dim:], bias[dim:]).chunk(2, -1)
    q, k, v = (t.unflatten(-1, (attention.num_heads, -1)).transpose(1, 2) for t in (q, k, v))
    read = functional.scaled_dot_product_attention(q, k, v)  # (batch, heads, count, dim / heads)
    x = x[:, :count] + attention.proj(read.transpose(1, 2).flatten(2))
    return x + block.mlp(block.norm2(x))


def from_config(config: Any, released: bool = True) -> PaSST:
    """The model of a `RunConfig`, on the CPU, in training mode.

    With a checkpoint it holds PaSST's 10 s of places in time, else 1 s: places seen now and then
    would hardly be learnt. `released` False: the checkpoint is not loaded, own weights follow.
    """
    model = PaSST(
        dim=config.dim,
        depth=config.depth,
        heads=config.heads,
        stride=config.stride,
        patchout_rows=config.patchout_rows,
        frames=RELEASED_FRAMES if config.checkpoint else window_frames(config.hop),
        precision=config.precision,
    )
    if config.checkpoint and released:
        load_released(model, resolve(config.checkpoint))
    return model


def load_released(model: nn.Module, path: str | Path) -> None:
    """Put released weights into a PaSST, all but the classifiers if these have other classes.

    A .safetensors or .pt file (read without executing anything): the weights by name, or a training
    checkpoint that holds them under "state_dict" or "model", with "net." before each. `InputError`:
    it is missing, unreadable, holds NaN, or does not fit.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"{path}: no such file (parameter checkpoint); download a release of "
            "https://github.com/kkoutini/PaSST/releases, or leave checkpoint empty for a random "
            "start"
        )
    with reading(path, "weights", "download it again"):
        packed = path.suffix == ".safetensors"
        given = load_file(path) if packed else torch.load(path, "cpu", weights_only=True)
        _fill(model, _by_name(given, path), path)


def _by_name(content: object, path: Path) -> dict[str, Tensor]:
    """The weights by name out of the forms that PaSST's code writes."""
    for key in ("state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not all(isinstance(t, Tensor) for t in content.values()):
        raise InputError(f"{path}: holds no weights by name; give a released PaSST checkpoint")
    inner = {k.removeprefix("net."): t for k, t in content.items() if k.startswith("net.")}
    return inner or content


def _fill(model: nn.Module, given: dict[str, Tensor], path: Path) -> None:
    wanted = model.state_dict()
    head = given.get("head.1.weight")
    if head is not None and len(head) != len(wanted["head.1.weight"]):
        given, wanted = (
            {name: t for name, t in weights.items() if not name.startswith(_CLASSIFIERS)}
            for weights in (given, wanted)
        )
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
