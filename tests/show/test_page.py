"""`show`: what it writes, what it displays, and what it refuses."""

import io
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from asc_lib.show import page
from asc_lib.show.page import Show

DATA = pd.DataFrame({"device": ["a", "s1"], "level_db": [0.1234567891, -3.0]})


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list:
    items: list = []
    monkeypatch.setattr(page, "display", lambda *things: items.extend(things))
    return items


def drawn() -> Figure:
    fig, ax = plt.subplots()
    ax.plot(DATA["level_db"])
    ax.set(xlabel="device", ylabel=r"level of $L_{ICL}$ in dB", title="Levels")
    return fig


def test_a_picture_becomes_three_files_and_a_plain_image_with_words(
    shown: list, tmp_path: Path
) -> None:
    show = Show(tmp_path, "simulated benchmark")
    show("figure_1", drawn(), DATA)
    show("printed", drawn(), DATA, source="paper, printed", view="under it")
    files = sorted(path.name for path in (tmp_path / "figures").glob("figure_1.*"))
    assert files == ["figure_1.csv", "figure_1.pdf", "figure_1.png"]
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "figures/figure_1.csv"), DATA)
    image, printed, under = shown
    alt = image._repr_mimebundle_()[1]["image/png"]["alt"]
    assert alt == (
        "Levels; device; level of L_ICL in dB (simulated benchmark). "
        "a: level db 0.123; s1: level db -3."
    )
    assert "(paper, printed)" in printed._repr_mimebundle_()[1]["image/png"]["alt"]
    assert under == "under it"
    assert Image.open(io.BytesIO(image.data)).size[0] > 900
    assert not plt.get_fignums()


def test_a_long_table_is_described_by_its_ranges(shown: list, tmp_path: Path) -> None:
    long = pd.DataFrame({"scene": ["bus", "park"] * 10, "value": range(20)})
    Show(tmp_path, "made-up")("long", drawn(), long)
    alt = shown[0]._repr_mimebundle_()[1]["image/png"]["alt"]
    assert alt.endswith("20 rows; scene: bus, park; value: 0 to 19.")


def test_equal_pictures_give_equal_files(shown: list, tmp_path: Path) -> None:
    for part in ("one", "two"):
        Show(tmp_path / part, "made-up")("same", drawn(), DATA)
    for kind in ("png", "pdf", "csv"):
        one, two = (tmp_path / part / "figures" / f"same.{kind}" for part in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_a_table_keeps_its_named_index_and_full_precision(shown: list, tmp_path: Path) -> None:
    table = DATA.set_index("device")
    Show(tmp_path, "made-up")("table_1", table=table)
    back = pd.read_csv(tmp_path / "tables/table_1.csv", index_col="device")
    pd.testing.assert_frame_equal(back, table)
    assert shown[0] is table


@pytest.mark.parametrize(("name", "table"), [("../escape", DATA), ("fine", DATA.iloc[:0])])
def test_nothing_is_written_without_a_name_or_numbers(
    name: str, table: pd.DataFrame, shown: list, tmp_path: Path
) -> None:
    with pytest.raises(ValueError):
        Show(tmp_path, "made-up")(name, drawn(), table)
    assert not list(tmp_path.iterdir()) and not shown
    plt.close("all")
