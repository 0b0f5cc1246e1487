"""A panel: moved by its controls or by name, drawn once, honest about errors, a plain picture."""

import base64
import io
from html.parser import HTMLParser
from unittest.mock import patch

import ipywidgets
import matplotlib.pyplot as plt
import pytest
from PIL import Image

from asc_lib.files import InputError
from asc_lib.show.panels import Panel

VIEW = "application/vnd.jupyter.widget-view+json"


class Images(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found.append(dict(attributes))


def make(draw=None, **more):
    """A panel with an angle and a kind, and the states that were drawn."""
    seen = []

    def line(**state):
        seen.append(state)
        if draw:
            draw(**state)
        fig, ax = plt.subplots()
        ax.plot([0, state["angle_deg"]])
        return fig

    panel = Panel(
        line,
        alt=lambda angle_deg, kind: f"A line at {angle_deg} < 360, {kind}.",
        angle_deg=ipywidgets.IntSlider(0, 0, 180, 5, description="angle"),
        kind=ipywidgets.Dropdown(options=["omni", "cardioid"], description="pattern"),
        **more,
    )
    return panel, seen


def test_a_moved_control_changes_the_picture_and_its_alt_text():
    panel, seen = make()
    first, metadata = panel._repr_mimebundle_()
    panel._controls["angle_deg"].value = 90
    second, later = panel._repr_mimebundle_()
    assert seen == [{"angle_deg": 0, "kind": "omni"}, {"angle_deg": 90, "kind": "omni"}]
    assert metadata["image/png"]["alt"] == "A line at 0 < 360, omni."
    assert later["image/png"]["alt"] == "A line at 90 < 360, omni."
    assert VIEW in first
    pictures = [base64.b64decode(bundle["image/png"]) for bundle in (first, second)]
    assert all(Image.open(io.BytesIO(picture)).format == "PNG" for picture in pictures)
    assert pictures[0] != pictures[1]
    (shown,) = Images(panel._shown.value).found
    assert shown["alt"] == panel.alt_text
    assert shown["src"].endswith(base64.b64encode(pictures[1]).decode())
    assert not plt.get_fignums()


def test_several_controls_are_set_at_once_and_drawn_once():
    panel, seen = make()
    panel.set(angle_deg=45, kind="cardioid")
    assert seen[1:] == [{"angle_deg": 45, "kind": "cardioid"}] and panel.state == seen[1]
    panel.set(angle_deg=45)
    assert len(seen) == 2
    with panel.together(), panel.together():
        panel._controls["angle_deg"].value = 50
        panel._controls["angle_deg"].value = 55
    assert seen[2:] == [{"angle_deg": 55, "kind": "cardioid"}]


def test_a_control_that_is_not_there_or_a_value_it_does_not_take_is_told():
    panel, seen = make()
    with pytest.raises(InputError, match="angel: no such control; there are angle_deg, kind"):
        panel.set(angle_deg=5, angel=5)
    with pytest.raises(InputError, match="kind: does not take 'figure'"):
        panel.set(kind="figure")
    assert len(seen) == 1


def test_an_error_is_shown_over_the_last_good_picture_and_goes_with_the_next():
    def draw(angle_deg, kind):
        if angle_deg == 90:
            raise InputError("angle: <none> at 90")
        if angle_deg == 95:
            raise KeyError("lost")

    panel, _ = make(draw)
    good = panel.picture
    panel.set(angle_deg=90)
    assert 'role="alert"' in panel._trouble.value
    assert "angle: &lt;none&gt; at 90" in panel._trouble.value
    assert "InputError" not in panel._trouble.value
    panel.set(angle_deg=95)
    assert "KeyError: &#x27;lost&#x27;" in panel._trouble.value
    assert panel.picture == good and base64.b64encode(good).decode() in panel._shown.value
    panel.set(angle_deg=0)
    assert panel._trouble.value == ""
    assert not plt.get_fignums()


def test_sounds_play_live_and_once_more_where_no_kernel_is():
    panel, _ = make(sounds=lambda angle_deg, kind: f"<audio title='{angle_deg}'></audio>")
    with patch("asc_lib.show.panels.display") as shown:
        panel.set(angle_deg=30)
        panel._ipython_display_()
    bundle, html = (call.args[0] for call in shown.call_args_list)
    assert {VIEW, "image/png"} <= bundle.keys() and "text/html" not in bundle
    assert html.data == "<div class=\"without-kernel\"><audio title='30'></audio></div>"
    assert panel._players.value.startswith("<style>.without-kernel {display: none}</style><audio")
    assert "title='30'" in panel._players.value
