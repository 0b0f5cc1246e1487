import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from asc_lib.show import style

DATA = pd.DataFrame({"x_hz": [1, 2], "level_db": [0.1234567891, -3.0]})
TEXT = {"caption": "**Figure.** A line.", "alt": "A line that falls."}


@pytest.fixture
def shown(monkeypatch):
    items = []
    monkeypatch.setattr(style, "display", lambda *things: items.extend(things))
    return items


@pytest.fixture
def fig():
    style.use_style()
    fig, ax = plt.subplots()
    ax.plot(DATA["x_hz"], DATA["level_db"])
    yield fig
    plt.close("all")


def test_publish_writes_all_three_and_shows_a_plain_picture(fig, shown, tmp_path):
    style.publish(fig, "figure_1", data=DATA, folder=tmp_path, **TEXT)
    files = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert files == ["figure_1.csv", "figure_1.pdf", "figure_1.png"]
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "figures/figure_1.csv"), DATA)
    image, caption = shown
    _bundle, metadata = image._repr_mimebundle_()
    assert metadata["image/png"]["alt"] == TEXT["alt"]
    assert caption.data == TEXT["caption"]
    with Image.open(tmp_path / "figures/figure_1.png") as picture:
        assert picture.size[0] == pytest.approx(style.WIDE * style.DPI, abs=1)
        assert Image.open(io.BytesIO(image.data)).size == picture.size


def test_equal_figures_give_equal_files(shown, tmp_path):
    for part in ("one", "two"):
        fig, ax = plt.subplots()
        ax.plot([1, 2])
        style.publish(fig, "same", data=DATA, folder=tmp_path / part, **TEXT)
    for kind in ("png", "pdf", "csv"):
        one, two = (tmp_path / part / "figures" / f"same.{kind}" for part in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_named_index_is_kept(shown, tmp_path):
    table = DATA.set_index("x_hz")
    style.publish_table(table, "table_1", caption="Table.", folder=tmp_path)
    back = pd.read_csv(tmp_path / "tables/table_1.csv", index_col="x_hz")
    pd.testing.assert_frame_equal(back, table)
    assert "0.123" in shown[0].to_string(float_format="{:.3f}".format)


@pytest.mark.parametrize(
    "change", [{"caption": " "}, {"alt": ""}, {"data": DATA.iloc[:0]}, {"name": "../escape"}]
)
def test_nothing_is_written_without_name_data_caption_and_alt(fig, shown, tmp_path, change):
    given = {"name": "figure_1", "data": DATA, "folder": tmp_path, **TEXT} | change
    with pytest.raises(ValueError):
        style.publish(fig, **given)
    assert not list(tmp_path.iterdir())


def test_few_colours_make_a_small_picture_that_looks_the_same(shown, tmp_path):
    style.use_style()
    sizes, pictures = [], []
    for few in (False, True):
        fig, ax = plt.subplots()
        ax.plot([1, 2, 3])
        style.publish(fig, "figure_1", data=DATA, folder=tmp_path, few_colours=few, **TEXT)
        file = tmp_path / "figures/figure_1.png"
        sizes.append(file.stat().st_size)
        pictures.append(np.asarray(Image.open(file).convert("RGB"), int))
    assert sizes[1] < 0.6 * sizes[0]
    assert np.abs(pictures[1] - pictures[0]).mean() < 0.5
