"""The report's page in a real browser: alone, on any screen, by day and by night, and on paper."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from browser import Browser, pixels

EXAMPLES = ("fresh", "half", "moved", "crowd", "hostile", "none")
SCHEMES = ("light", "dark")

# The ratio of WCAG 2 between each text that is seen and what is behind it, below 4.5 only.
CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgb = colour => {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
  .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const behind = element => {
  const band = element.closest?.('svg .row')?.querySelector('.band');
  if (band && getComputedStyle(band).fill !== 'none') return rgb(getComputedStyle(band).fill);
  for (let at = element; at; at = at.parentElement) {
    if (at.matches('svg .card')) return rgb(getComputedStyle(at.querySelector('.frame')).fill);
    const colour = rgb(getComputedStyle(at).backgroundColor);
    if (colour[3] === 255) return colour;
  }
  return rgb(getComputedStyle(document.documentElement).colorScheme.startsWith('dark') ? 'black' : 'white');
};
const faults = []; let seen = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || element.matches('title, desc, style') || !element.getClientRects().length)
    continue;
  seen += 1;
  const style = getComputedStyle(element);
  const ink = light(rgb(element.closest('svg') ? style.fill : style.color)), back = light(behind(element));
  const ratio = (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
  if (ratio < 4.5) faults.push([element.textContent.trim().slice(0, 40), element.className.toString(), ratio]);
}
return {seen, faults};
"""

WIDER_THAN_THE_SCREEN = """
return [...document.querySelectorAll('body *')]
  .filter(element => element.getClientRects().length && element.getBoundingClientRect().right > innerWidth + 0.5)
  .map(element => `${element.tagName} ${element.textContent.trim().slice(0, 40)}`);
"""


def requests(browser: Browser) -> set[str]:
    """Every address that the browser asked for since the last look."""
    messages: list[dict[str, Any]] = [json.loads(message)["message"] for message in browser.log("performance")]
    asked = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
    return {str(request["request"]["url"]) for request in asked}


def mean(browser: Browser) -> float:
    colours = pixels(browser.screenshot())
    return sum(sum(colour) for colour in colours) / len(colours) / 3


def printed(browser: Browser, page: Path, tmp_path: Path) -> tuple[list[str], str]:
    """The texts of the printed pages, and all of it in one line."""
    browser.open(page, scheme="dark")
    pdf = tmp_path / "page.pdf"
    pdf.write_bytes(browser.print())
    text = subprocess.check_output(["pdftotext", "-layout", pdf, "-"], text=True, timeout=60)
    sheets = text.split("\f")[:-1]
    return sheets, " ".join(text.split())


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_asks_for_nothing_but_itself(browser: Browser, pages: dict[str, Path], example: str) -> None:
    browser.log("performance")
    browser.log("browser")
    browser.open(pages[example])
    assert requests(browser) == {pages[example].as_uri()}
    assert browser.log("browser") == [], "the browser has something to complain of"
    assert browser.run("return document.querySelectorAll('script, link, img, iframe, object, embed, form').length") == 0
    links = browser.run("return [...document.querySelectorAll('a')].map(link => link.getAttribute('href'))")
    assert links and all(link.startswith("#") for link in links), links
    assert browser.run("return [...document.querySelectorAll('a')].every(link => document.querySelector(link.hash))")


@pytest.mark.parametrize("width", (360, 720, 1280))
@pytest.mark.parametrize("example", EXAMPLES)
def test_nothing_is_wider_than_the_screen(browser: Browser, pages: dict[str, Path], example: str, width: int) -> None:
    browser.open(pages[example], width=width)
    assert browser.run("return innerWidth") == width
    assert browser.run(WIDER_THAN_THE_SCREEN) == []
    assert browser.run("return document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width, shown", ((360, "narrow"), (1280, "wide")))
def test_the_picture_is_drawn_for_the_screen(browser: Browser, pages: dict[str, Path], width: int, shown: str) -> None:
    browser.open(pages["half"], width=width)
    visible = "return [...document.querySelectorAll('.picture')].filter(it => it.getClientRects().length)"
    assert browser.run(f"{visible}.map(it => it.classList[1])") == [shown]
    text = browser.run(
        f"{visible}.flatMap(it => [...it.querySelectorAll('text')])" ".map(it => it.getBoundingClientRect().height)"
    )
    assert min(text) > 11, "text that is too small to read"


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("width", (360, 1280))
def test_no_text_of_the_picture_leaves_its_box(
    browser: Browser, pages: dict[str, Path], example: str, width: int
) -> None:
    browser.open(pages[example], width=width)
    outside = """
      return [...document.querySelectorAll('.picture .card')].filter(card => card.getClientRects().length)
        .flatMap(card => [...card.querySelectorAll('text')].filter(text => {
          const inner = text.getBoundingClientRect(), outer = card.querySelector('.frame').getBoundingClientRect();
          return inner.left < outer.left || inner.right > outer.right || inner.bottom > outer.bottom;
        })).map(text => text.textContent);
    """
    assert browser.run(outside) == []
    crossing = """
      return [...document.querySelectorAll('.picture .row')].filter(row => row.getClientRects().length)
        .filter(row => {
          const [left, right] = row.querySelectorAll('text');
          return right && left.getBoundingClientRect().right > right.getBoundingClientRect().left;
        }).map(row => row.textContent);
    """
    assert browser.run(crossing) == []


def test_it_is_light_by_day_and_dark_by_night(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["half"], width=640, height=480, scheme="light")
    day = mean(browser)
    browser.open(pages["half"], width=640, height=480, scheme="dark")
    night = mean(browser)
    assert day > 200, day
    assert night < 70, night


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", (360, 1280))
def test_every_text_stands_out(browser: Browser, pages: dict[str, Path], example: str, scheme: str, width: int) -> None:
    browser.open(pages[example], width=width, scheme=scheme)
    found = browser.run(CONTRAST)
    assert found["faults"] == []
    assert found["seen"] > 50


def test_the_contrast_that_is_computed_tells_grey_on_grey(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["fresh"])
    browser.run(
        "document.querySelector('h1').style.color = '#999'; document.querySelector('.name').style.fill = '#ccc'"
    )
    faults = browser.run(CONTRAST)["faults"]
    assert [text.strip() for text, _, _ in faults] == ["No: 7 things are in the way of a second", "app1"]


def test_what_is_typed_as_markup_is_shown_as_text(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["hostile"])
    title = browser.run("return document.querySelector('caption strong').textContent")
    assert title == "<script>alert(1)</script>&\"'`\\u{1b}[31m\\r\n\\u{202e}\\u{0}{{ x }}{% y %}"


def test_readers_of_the_screen_find_their_way(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["half"])
    assert browser.run("return document.documentElement.lang") == "en"
    assert browser.run("return document.title") == (
        "No: 5 things are in the way of a second application server. Open edX, 2026-11-25 22:30 UTC"
    )
    levels = browser.run("return [...document.querySelectorAll('h1, h2, h3')].map(it => Number(it.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:])), levels
    assert browser.run("return [...document.querySelectorAll('table')].every(it => it.caption?.textContent.trim())")
    assert browser.run("return [...document.querySelectorAll('th')].every(it => it.scope)")
    nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    images = [node["name"]["value"] for node in nodes if node.get("role", {}).get("value") == "image"]
    assert images == [
        "Application servers, data servers, and who uses what app1 keeps Redis, Elasticsearch and files on itself; "
        "MongoDB half on itself; MySQL and memcached elsewhere."
    ]
    ids = browser.run("return [...document.querySelectorAll('[id]')].map(it => it.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("example", ("fresh", "half", "moved"))
def test_it_prints_on_four_sheets(browser: Browser, pages: dict[str, Path], tmp_path: Path, example: str) -> None:
    texts, text = printed(browser, pages[example], tmp_path)
    assert len(texts) == 4
    assert all(len(sheet.split()) > 20 for sheet in texts), "a page that is next to empty"
    headings = ["Where the data is", "Roadmap", "What is where", "Health", "Plan"]
    assert [heading for heading in headings if heading not in text] == []
    assert "Looked at 2026-11-25 22:30 UTC by edx_verify" in text
    assert "On this page" not in text and "Picture Roadmap" not in text, "the links of the page are on paper"


def test_paper_is_white_at_night_too(browser: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    printed(browser, pages["half"], tmp_path)
    image = subprocess.check_output(
        ["pdftoppm", "-r", "30", "-f", "1", "-l", "1", "-png", tmp_path / "page.pdf"], timeout=60
    )
    colours = pixels(image)
    assert colours[0] == (255, 255, 255)
    assert sum(sum(colour) for colour in colours) / len(colours) / 3 > 230
