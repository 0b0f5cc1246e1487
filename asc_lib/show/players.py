"""Sounds as players for a web page: one below the other, or every scene through every device."""

import base64
import html
import io
from collections.abc import Mapping

import numpy as np
import soundfile

# MP3 plays in every browser
_MP3 = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "VARIABLE"}
_COMPRESSION = 0.5  # 5 to 8 kB a second; the level is kept within 1 dB
_STYLE = (
    "<style>.listening td, .listening th {padding: 2px 3px; text-align: center}"
    ".listening th[scope=row] {text-align: right}"
    ".listening {line-height: 1.3} .listening caption {text-align: left; padding-bottom: 6px}"
    ".listening audio {width: 72px; height: 30px; display: block; margin: auto}</style>"
)
_PLAYERS_STYLE = (
    "<style>.players {display: grid; grid-template-columns: 300px 1fr; gap: 6px 16px; "
    "align-items: center; margin: 8px 0; line-height: 1.35} "
    ".players audio {width: 300px; height: 36px}</style>"
)


def players(sounds: Mapping[str, np.ndarray], rate: int) -> str:
    """HTML of a player and its label for each sound, one below the other.

    `sounds`: label -> samples, full scale 1. `rate`: sample rate in Hz, one that MP3 knows (32,000,
    44,100, 48,000).
    """
    rows = "".join(
        f"{_audio(samples, rate, html.escape(label))}<div>{html.escape(label)}</div>\n"
        for label, samples in sounds.items()
    )
    return f'{_PLAYERS_STYLE}<div class="players">\n{rows}</div>'


def listening_table(sounds: Mapping[str, Mapping[str, np.ndarray]], rate: int, caption: str) -> str:
    """HTML that plays by itself, without a kernel or a file beside it.

    `sounds`: row (a scene) -> column (a device) -> samples, full scale 1; a cell may lack. `rate`:
    as of `players`. `caption`: plain text above the table.
    """
    columns = list(dict.fromkeys(name for row in sounds.values() for name in row))
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in columns)
    body = ""
    for row, cells in sounds.items():
        body += f'<tr><th scope="row">{_words(row)}</th>'
        for name in columns:
            label = f"{_words(row)} through {html.escape(name)}"
            body += f"<td>{_audio(cells[name], rate, label) if name in cells else ''}</td>"
        body += "</tr>\n"
    return (
        f'{_STYLE}<table class="listening"><caption>{html.escape(caption)}</caption>\n'
        f"<thead><tr><td></td>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>"
    )


def _audio(samples: np.ndarray, rate: int, label: str) -> str:
    mp3 = io.BytesIO()
    soundfile.write(mp3, samples, rate, compression_level=_COMPRESSION, **_MP3)
    return (
        # in so little room a menu would push the play button out
        '<audio controls controlslist="nodownload noplaybackrate" preload="none" '
        f'aria-label="{label}" title="{label}" '
        f'src="data:audio/mpeg;base64,{base64.b64encode(mp3.getvalue()).decode()}"></audio>'
    )


def _words(name: str) -> str:
    return html.escape(name.replace("_", " "))
