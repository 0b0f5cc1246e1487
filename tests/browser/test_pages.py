"""The panels in a real browser, as a person meets them: keys, pictures, sounds."""

import re
from urllib.parse import urljoin

from playwright.sync_api import Page

from tests.browser.conftest import Watched

# the live panels: what stands behind `.without-kernel` is for pages without a kernel
PLAYER = 'audio[aria-label^="{}"]'
PLAY = """async (player) => {
    await player.play();
    await new Promise(later => setTimeout(later, 500));
    player.pause();
    return [player.currentTime, player.duration];
}"""


def live_players(page: Page, start: str) -> list:
    found = page.query_selector_all(PLAYER.format(start))
    return [
        player for player in found if not player.evaluate("e => !!e.closest('.without-kernel')")
    ]


def source(page: Page, start: str) -> str:
    (player,) = live_players(page, start)
    return player.get_attribute("src")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what has the focus is such an element."""
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("s => !!document.activeElement?.matches(s)", selector):
            return
    raise AssertionError(f"Tab never reached {selector}")


def move_and_hear(watched: Watched) -> None:
    """The listening bench by keys alone."""
    page = watched.page
    page.wait_for_selector(PLAYER.format("Dry"), state="attached")
    page.wait_for_selector(".listening audio", state="attached")
    picture = page.locator('img[alt^="Spectrograms of"][alt*="through"]').first
    picture.scroll_into_view_if_needed()
    before, wet = picture.get_attribute("src"), source(page, "Wet")
    alt = picture.get_attribute("alt")
    assert "90°" in alt

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
        (player,) = live_players(page, name)
        heard, duration = player.evaluate(PLAY)
        assert heard > 0.1 and 3.9 < duration < 4.2, name


def press_play(page: Page) -> None:
    """The small players of the table have a play button where a person expects it."""
    (player,) = live_players(page, "the device through a")
    player.scroll_into_view_if_needed()
    player.click(position={"x": 26, "y": 15})
    page.wait_for_function("p => p.currentTime > 0", arg=player)


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
    watched.page.goto(classroom)
    move_and_hear(watched)
    press_play(watched.page)
    check_whole_page(watched)
    # a page without code, and without a way to the files
    assert not watched.page.query_selector_all(".jp-InputArea .jp-Editor, .highlight")
    assert "import" not in watched.page.inner_text("body")
    for path in ("voila/files/explore.ipynb", "voila/tree", "api/contents", "files/explore.ipynb"):
        answer = watched.page.request.get(urljoin(classroom, path))
        home = urljoin(classroom, "/")
        assert answer.status in (403, 404) or answer.url in (classroom, home), path
        assert not re.search(r'"cells"|smoke\.yaml', answer.text()[:2000]), path


def test_in_jupyterlab(watched: Watched, jupyterlab: str) -> None:
    page = watched.page
    page.goto(jupyterlab)
    page.wait_for_selector("text=/\\| Idle$/")  # cells run before that are lost
    page.locator('.lm-MenuBar-itemLabel:text-is("Run")').click()
    page.locator('.lm-Menu-itemLabel:text-is("Run All Cells")').click()
    move_and_hear(watched)
    press_play(watched.page)
    check_whole_page(watched)
