"""Handwriting replayed in the page at the speed it was written: it is read as well there as through the API.

Forty drawings of the project's own strokes; two hundred of the file that `DIGITSITE_STROKES` names.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from tests.e2e.support.handwriting import VARIABLE, handwriting
from tests.e2e.tools.replay import in_the_page, right, through_the_api

HANDS = 6


def test_as_many_are_read_right_in_the_page_as_through_the_api(site: str):
    drawings = handwriting(200 if os.environ.get(VARIABLE) else 40)
    with ThreadPoolExecutor(1) as apart:  # this thread's event loop belongs to the other tests' browser
        page = apart.submit(asyncio.run, in_the_page(site, drawings, hands=HANDS)).result()
    api = through_the_api(site, drawings)
    assert len(drawings) >= 40
    assert right(drawings, page) >= right(drawings, api) - 1
    assert right(drawings, api) >= 0.9 * len(drawings)
