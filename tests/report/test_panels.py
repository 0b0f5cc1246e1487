import base64
import io

import ipywidgets
import matplotlib.pyplot as plt
from PIL import Image

from asc_lib.report.panels import Panel


def test_a_panel_redraws_and_keeps_a_plain_picture():
    seen = []

    def draw(angle_deg):
        seen.append(angle_deg)
        fig, ax = plt.subplots()
        ax.plot([0, angle_deg])
        return fig

    slider = ipywidgets.IntSlider(0, 0, 180, 5)
    panel = Panel(draw, alt="A line.", angle_deg=slider)
    first, metadata = panel._repr_mimebundle_()
    slider.value = 90
    second, _ = panel._repr_mimebundle_()
    assert seen == [0, 90]
    assert metadata["image/png"]["alt"] == "A line."
    assert "application/vnd.jupyter.widget-view+json" in first
    pictures = [base64.b64decode(bundle["image/png"]) for bundle in (first, second)]
    assert all(Image.open(io.BytesIO(picture)).format == "PNG" for picture in pictures)
    assert pictures[0] != pictures[1]
    assert not plt.get_fignums()
