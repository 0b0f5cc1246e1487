"""Recordings of few devices come through the notebooks that read runs: 04, 05 and 07."""

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import PIL.Image
import pytest
import yaml

from asc_lib.files import ROOT
from asc_lib.train import prepare
from tests import small_world
from tests.conftest import write_tau22

SMALL = {
    "seeds": 1, "epochs": 1, "max_steps": 2, "batch_size": 4, "dim": 8, "heads": 1, "depth": 1,
    "probe_epochs": 2, "bootstrap_draws": 20, "generated_method": False, "device": "cpu",
    "beyond_methods": ["icl_vintage"],
}  # fmt: skip
PIXEL = io.BytesIO()
PIL.Image.new("RGB", (1, 1)).save(PIXEL, "PNG")
LEFT_OUT = "coral"  # a method that must stand in a notebook


def run_cells(notebook: str, **parameters: object) -> None:
    """The code of a notebook, in this process."""
    (file,) = (ROOT / "notebooks").glob(f"{notebook}_*.ipynb")
    names: dict[str, object] = {}
    for cell in json.loads(file.read_text())["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and LEFT_OUT not in source:
            exec(compile(source, f"{file.name}: {source[:50]!r}", "exec"), names)
        if "parameters" in cell["metadata"].get("tags", []):
            names |= parameters


@pytest.fixture(autouse=True)
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Results into a folder of the test's, no DIR sets read, pictures drawn and not saved."""
    monkeypatch.setattr("asc_lib.study.ROOT", tmp_path)
    monkeypatch.setattr(prepare, "load_dirs", lambda _, name, *__: getattr(small_world, name)())
    monkeypatch.setattr("asc_lib.show.page._drawn", lambda *_, **__: PIXEL.getvalue())
    yield
    plt.close("all")


def study(folder: Path, devices: Sequence[str], **values: object) -> str:
    """A study's file, whose recordings are of these devices."""
    root = write_tau22(folder / "tau22", devices=devices)
    table = yaml.safe_load((ROOT / "params" / "smoke.yaml").read_text())
    table |= {"tau22_root": str(root), "bank_root": str(folder / "banks")}
    file = folder / "own.yaml"
    file.write_text(yaml.safe_dump(table | SMALL | values))
    return str(file)


def test_two_real_devices_and_no_other(tmp_path: Path) -> None:
    own = study(tmp_path, "ab")
    for notebook in ("04", "05"):
        run_cells(notebook, study=own)
    run_cells("07", study=own)
    tables = tmp_path / "outputs" / "own" / "tables"
    rows = pd.read_csv(tables / "table_3.csv", index_col="method")
    assert set(rows) >= {"a", "b", "real", "overall"} and not set(rows) & {"simulated", "unseen"}
    assert list(pd.read_csv(tables / "probe_unseen.csv")["device"].unique()) == ["a", "b"]
    run_cells("08", study=own)
    ledger = pd.read_csv(tables / "ledger.csv", index_col="claim")
    untold = ledger.loc[["Multi DIRs improve unseen devices", "plain: device A is best"]]
    assert set(untold["verdict"]) == {"not tested here"}
    assert untold["remark"].str.startswith("not in this study: ").all()
    assert ledger.loc["Multi DIRs improve real devices", "verdict"] != "not tested here"
