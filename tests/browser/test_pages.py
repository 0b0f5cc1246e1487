"""The panels in a real browser, as a person meets them: keys, pictures, sounds; and who may not."""

import json
import re
import time
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
import websocket
from playwright.sync_api import Locator, Page

from tests.browser.conftest import Watched

# the live panels: what stands behind `.without-kernel` is for pages without a kernel
PLAYER = 'audio[aria-label^="{}"]'
PLAY = """async (player) => {
    await player.play();
    while (player.currentTime <= 0.1) await new Promise(later => setTimeout(later, 20));
    player.pause();
    return player.duration;
}"""
FORCES, SANDBOX = 'img[alt^="Three panels over"]', 'img[alt^="Simulated sandbox"]'
# by description: what is done with the control, and what the picture's words then say
FORCE_MOVES = {
    "alpha": ("key", "alpha 0.3"),
    "beta": ("key", "beta 1.5"),
    "same-device pairs in %": ("key", "55 %"),
}
SANDBOX_MOVES = {
    "lambda": ("key", "lambda = 1,"),
    "alpha": ("key", "alpha = 0.3"),
    "beta": ("key", "beta = 2"),
    "device a's share in %": ("key", "76 % device a"),
    "through DIRs in %": ("key", "10 % through DIRs"),
    "warm-up in steps": ("key", "warm-up 50"),
    "weighting": ("balanced", "balanced"),
    "encoder": ("one hidden layer", ""),
    "scenes": ("3", ""),
    "force on device": ("b", ""),
}


def live_player(page: Page, start: str) -> Locator:
    return page.locator(f"{PLAYER.format(start)}:not(.without-kernel *)")


def source(page: Page, start: str) -> str:
    return live_player(page, start).get_attribute("src")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what has the focus is such an element."""
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("s => !!document.activeElement?.matches(s)", selector):
            return
    raise AssertionError(f"Tab never reached {selector}")


def move_and_hear(page: Page) -> None:
    """The listening bench by keys alone."""
    page.wait_for_selector(PLAYER.format("Dry"), state="attached")
    page.wait_for_selector(".listening audio", state="attached")
    picture = page.locator('img[alt^="Spectrograms of"][alt*="through"]').first
    picture.scroll_into_view_if_needed()
    before, wet = picture.get_attribute("src"), source(page, "Wet")
    assert "90°" in picture.get_attribute("alt")

    # from the list of scenes by Tab to the angle, one step to the right
    page.locator('select:has(option:text-is("bus")):visible').first.focus()
    tab_to(page, '[role="slider"]')
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "([old]) => [...document.querySelectorAll('img[alt^=\"Spectrograms of\"]')]"
        ".some(i => i.alt.includes('135°') && i.src != old)",
        arg=[before],
    )
    page.wait_for_function(
        "([s, old]) => [...document.querySelectorAll(s)].some(p => p.src != old"
        " && p.ariaLabel.includes('135°'))",
        arg=[PLAYER.format("Wet"), wet],
    )
    assert picture.get_attribute("src") != before

    sounds = {name: source(page, name) for name in ("Dry", "Wet", "Difference", "The same")}
    assert len(set(sounds.values())) == 4 and sounds["Wet"] != wet
    for name in ("Dry", "Wet"):
        assert 3.9 < live_player(page, name).evaluate(PLAY) < 4.2, name
    # the small players of the table have a play button where a person expects it
    player = live_player(page, "the device through a")
    player.scroll_into_view_if_needed()
    player.click(position={"x": 26, "y": 15})
    page.wait_for_function("p => p.currentTime > 0", arg=player.element_handle())


def move(page: Page, picture: str, description: str, how: str, words: str) -> None:
    """One control of a panel: the panel's own picture, not the one for pages without kernel."""
    image = page.locator(f".widget-html {picture}").first
    before = image.get_attribute("src")
    panel = page.locator(".widget-vbox", has=page.locator(f".widget-html {picture}")).last
    label = page.locator(f'label:text-is("{description}")')
    row = panel.locator(".widget-inline-hbox", has=label).first
    if how == "key":
        row.locator('[role="slider"]').first.focus()
        page.keyboard.press("ArrowRight")
    else:
        row.locator("select").first.select_option(label=how)
    page.wait_for_function(
        "([s, old, words]) => [...document.querySelectorAll(s)]"
        ".some(i => i.src != old && i.alt.includes(words))",
        arg=[f".widget-html {picture}", before, words],
    )


def check_whole_page(watched: Watched) -> None:
    page = watched.page
    alts = page.eval_on_selector_all(
        ".jp-OutputArea img, .widget-html img", "all => all.map(i => i.alt)"
    )
    assert len(alts) >= 3 and all(len(alt) > 20 for alt in alts), alts
    hidden = page.eval_on_selector_all(
        ".without-kernel", "all => all.map(e => getComputedStyle(e).display)"
    )
    assert hidden and set(hidden) == {"none"}
    assert not page.query_selector_all('[role="alert"]')
    assert not watched.complaints, watched.complaints
    assert not watched.outside, watched.outside


def test_in_the_classroom(watched: Watched, classroom: str) -> None:
    page = watched.page
    page.goto(classroom)
    move_and_hear(page)
    for picture, moves in ((FORCES, FORCE_MOVES), (SANDBOX, SANDBOX_MOVES)):
        for description, (how, words) in moves.items():
            move(page, picture, description, how, words)
    alt = page.locator(f".widget-html {SANDBOX}").first.get_attribute("alt")
    assert "lambda = 1" in alt and "balanced" in alt and "10 % through DIRs" in alt
    check_whole_page(watched)
    # a page without code, and without a way to the files
    assert not page.query_selector_all(".jp-InputArea .jp-Editor, .highlight")
    assert "import" not in page.inner_text("body")
    for path in ("voila/files/explore.ipynb", "voila/tree", "api/contents", "files/explore.ipynb"):
        answer = page.request.get(urljoin(classroom, path))
        assert answer.status in (403, 404) or answer.url in (classroom, urljoin(classroom, "/")), (
            path
        )
        assert not re.search(r'"cells"|smoke\.yaml', answer.text()[:2000]), path


def test_in_jupyterlab(watched: Watched, jupyterlab: str) -> None:
    page = watched.page
    page.goto(jupyterlab.replace("/lab?", "/lab/tree/explore.ipynb?"))
    page.wait_for_selector("text=/\\| Idle$/")  # cells run before that are lost
    page.locator('.lm-MenuBar-itemLabel:text-is("Run")').click()
    page.locator('.lm-Menu-itemLabel:text-is("Run All Cells")').click()
    move_and_hear(page)
    check_whole_page(watched)


def test_who_has_no_token_is_not_let_in(classroom: str, jupyterlab: str, tmp_path: Path) -> None:
    at, lab = urljoin(classroom, "/"), urljoin(jupyterlab, "/api/contents")
    for way in (at, f"{at}?token=wrong", f"{at}api/kernels", lab):
        assert requests.get(way, timeout=60, allow_redirects=False).status_code in (302, 403), way
    assert requests.get(f"{lab}?{jupyterlab.partition('?')[2]}", timeout=60).status_code == 200
    visitor = requests.Session()
    shown = visitor.get(classroom, timeout=120)
    (kernel,) = set(re.findall(r'"kernelId":\s*"([0-9a-f-]+)"', shown.text))
    known = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    ways = f"{at.replace('http', 'ws', 1)}api/kernels/{kernel}/channels"
    for more in ({}, {"cookie": known, "origin": "http://evil.test"}):
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            websocket.create_connection(ways, timeout=30, **more)
    channel, mark = websocket.create_connection(ways, timeout=30, cookie=known), tmp_path / "x"
    order = {"header": {"msg_type": "execute_request", "msg_id": "1"}, "channel": "shell"}
    order |= {"content": {"code": f"open({str(mark)!r}, 'w')", "silent": False}}
    channel.send(json.dumps(order | {"parent_header": {}, "metadata": {}}))
    time.sleep(1)
    channel.close()
    assert not mark.exists()  # a page without code takes none
