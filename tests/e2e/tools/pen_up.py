"""How long it takes from the pen's going up to the painted reading.

    .venv/bin/python -m tests.e2e.tools.pen_up http://127.0.0.1:8000

needs a running site without a throttle (`DIGITSITE_THROTTLE=0 make run`). Prints the median, which is to be at most
100 ms on two cores with everything on them.
"""

import argparse
import asyncio
import statistics

from playwright.async_api import async_playwright, expect

from tests.conftest import chromium
from tests.e2e.support.handwriting import handwriting
from tests.e2e.tools.replay import LAUNCH, Hand

STOPWATCH = """() => { const reading = document.querySelector('[data-testid=reading]'); let up = 0; window.waits = [];
    document.addEventListener('pointerup', ({timeStamp}) => { up = timeStamp; }, true);
    new MutationObserver(() => requestAnimationFrame(() => {
        const painted = new MessageChannel();
        painted.port1.onmessage = () => { if (reading.dataset.revision) window.waits.push(performance.now() - up); };
        painted.port2.postMessage(0); })).observe(reading, {attributes: true, attributeFilter: ['data-revision']}); }"""


async def measure(url: str, *, drawings: int = 30) -> list[float]:
    """Milliseconds from each pointer's going up to the frame that shows its stroke's reading."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=LAUNCH)
        page = await (await browser.new_context(viewport={"width": 1280, "height": 900})).new_page()
        await page.goto(url)
        await page.evaluate(STOPWATCH)
        hand = await Hand.at(page, "pen")
        for written in handwriting(drawings):
            for number, stroke in enumerate(written.strokes, 1):
                await hand.draw(stroke)
                read = page.get_by_test_id("reading")
                await expect(read).to_have_attribute("data-revision", str(number), timeout=30_000)
                await page.wait_for_timeout(100)
            await page.get_by_test_id("clear").click()
        waits: list[float] = await page.evaluate("window.waits")
        await browser.close()
    return waits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    waits = asyncio.run(measure(parser.parse_args().url))
    quickest, slowest = statistics.quantiles(waits, n=10)[::8]
    print(f"pen up to painted reading, {len(waits)} strokes: {statistics.median(waits):.0f} ms at the median", end="")
    print(f" ({quickest:.0f} at the quickest tenth, {slowest:.0f} at the slowest)")


if __name__ == "__main__":
    main()
