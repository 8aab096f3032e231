"""What a camera or a scanner makes of a sheet: perspective, light, blur, noise, compression."""

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.pictures.picture import Picture
from ml.sources.photos.handwriting import Plane, Rng, log_uniform, pick
from ml.sources.photos.pens import Sheet, blotches, grain

Matrix = NDArray[np.float64]
"""A perspective, float64 [3, 3]."""

DESKS = ((0.45, 0.3, 0.18), (0.8, 0.66, 0.48), (0.65, 0.65, 0.65), (0.2, 0.2, 0.22), (0.95, 0.95, 0.95),
         (0.15, 0.17, 0.22), (0.35, 0.2, 0.12), (0.5, 0.55, 0.6), (0.85, 0.8, 0.72), (0.2, 0.35, 0.3))  # fmt: skip
"""Colours of desks, RGB from 0 to 1."""

SKINS = ((0.85, 0.62, 0.5), (0.6, 0.4, 0.3), (0.93, 0.75, 0.65), (0.4, 0.27, 0.2))
"""Colours of thumbs."""

LEAST_BLUR = 0.3
"""Pixels: less isn't seen."""

GREY_SHARE, SCANNED_SHARE, SHARPENED_SHARE, JPEG_SHARE = 0.12, 0.15, 0.35, 0.75
"""Shares of the pictures without colour, of a scanner's contrast, sharpened, and compressed."""

JPEG_QUALITIES = (35, 97)
"""The lowest quality, and the first that is too high."""


def view(size: tuple[int, int], rng: Rng) -> Matrix:
    """A random perspective of a sheet of this height and width that leaves it about where it was: float64 [3, 3]."""
    height, width = size
    turn = float(np.deg2rad(rng.normal(0, 5)))
    shear, zoom = float(rng.normal(0, 0.05)), np.exp(rng.normal(0, 0.04, 2))
    bend = rng.normal(0, 0.06, 2) / (width, height)
    there = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    cos, sin = np.cos(turn), np.sin(turn)
    middle = np.array([[cos * zoom[0], -sin + shear, 0], [sin, cos * zoom[1], 0], [bend[0], bend[1], 1]])
    back = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1]])
    return np.asarray(back @ middle @ there)


def warp(sheet: Sheet, matrix: Matrix) -> Sheet:
    """The sheet seen so; beyond its edges it goes on as a mirror image."""
    size = sheet.shape[1], sheet.shape[0]
    return np.asarray(
        cv2.warpPerspective(sheet, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    )


def warp_plane(plane: Plane, matrix: Matrix) -> Plane:
    """Coverage seen so; nothing beyond its edges."""
    return np.asarray(cv2.warpPerspective(plane, matrix, (plane.shape[1], plane.shape[0]), flags=cv2.INTER_LINEAR))


def on_a_desk(sheet: Sheet, rng: Rng, share: float) -> tuple[Sheet, Matrix]:
    """The sheet, reduced to `share` of its size and turned, on a desk; and the matrix that takes the sheet there."""
    height, width = sheet.shape[:2]
    turn = float(np.deg2rad(rng.normal(0, 8)))
    cos, sin = share * np.cos(turn), share * np.sin(turn)
    shift = rng.normal(0, 0.3, 2) * (1 - share) * (width, height) / 2
    matrix = np.array(
        [[cos, -sin, width / 2 - cos * width / 2 + sin * height / 2 + shift[0]],
         [sin, cos, height / 2 - sin * width / 2 - cos * height / 2 + shift[1]], [0, 0, 1]]
    )  # fmt: skip
    ground = desk((height, width), rng)
    inside = cv2.warpPerspective(np.ones((height, width), dtype=np.float32), matrix, (width, height))
    if rng.random() < 0.6:
        offset = np.array([[1, 0, rng.uniform(-6, 6)], [0, 1, rng.uniform(-6, 6)]], dtype=np.float64)
        below = cv2.GaussianBlur(cv2.warpAffine(inside, offset, (width, height)), (0, 0), float(rng.uniform(1, 6)))
        ground = ground * (1 - float(rng.uniform(0.1, 0.6)) * below[..., None])
    placed = cv2.warpPerspective(sheet, matrix, (width, height), flags=cv2.INTER_LINEAR)
    return np.asarray(ground * (1 - inside[..., None]) + placed * inside[..., None], dtype=np.float32), matrix


def desk(size: tuple[int, int], rng: Rng) -> Sheet:
    """Wood, cloth, stone or one colour: float32 [H, W, 3]."""
    tone = np.clip(np.array(pick(DESKS, rng)) * rng.uniform(0.8, 1.15) + rng.normal(0, 0.03, 3), 0, 1)
    sheet = np.empty((*size, 3), dtype=np.float32)
    sheet[:] = tone
    kind = rng.random()
    if kind < 0.4:
        y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
        angle = np.float32(rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.1))
        across = x * np.cos(angle) + y * np.sin(angle) + 8 * blotches(size, 4, rng)
        rings = np.sin(across * np.float32(2 * np.pi / rng.uniform(6, 60))) + np.sin(
            across * np.float32(rng.uniform(0.3, 1.2))
        )
        sheet *= (1 + float(rng.uniform(0.02, 0.09)) * rings)[..., None]
    elif kind < 0.75:
        sheet *= (1 + float(rng.uniform(0, 0.1)) * grain(size, float(rng.uniform(0, 2)), rng))[..., None]
        sheet *= (1 + float(rng.uniform(0, 0.1)) * blotches(size, int(rng.integers(3, 20)), rng))[..., None]
    return np.asarray(np.clip(sheet, 0, 1))


def strip_of_desk(sheet: Sheet, rng: Rng) -> None:
    """The paper's edge: a strip of desk at one or two sides of the picture, in place."""
    height, width = sheet.shape[:2]
    ground = desk((height, width), rng)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    for _ in range(1 if rng.random() < 0.7 else 2):
        angle = float(rng.integers(4)) * np.pi / 2 + float(rng.normal(0, 0.15))
        along = (x - width / 2) * np.float32(np.cos(angle)) / width + (y - height / 2) * np.float32(
            np.sin(angle)
        ) / height
        edge = 0.5 - float(rng.uniform(0.02, 0.22))
        soft = float(rng.uniform(0.4, 3)) / max(height, width)
        layer = 1 / (1 + np.exp(np.clip((edge - along) / np.float32(soft), -30, 30)))
        if rng.random() < 0.5:
            sheet *= (1 - 0.35 * np.exp(-(((along - edge) / 0.02) ** 2)))[..., None].astype(np.float32)
        sheet += layer[..., None].astype(np.float32) * (ground - sheet)


def shadow(sheet: Sheet, rng: Rng) -> None:
    """A shadow's hard or soft edge across the picture, straight or round, in place."""
    height, width = sheet.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x / width - 0.5, y / height - 0.5
    angle = float(rng.uniform(0, 2 * np.pi))
    along = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    across = y * np.float32(np.cos(angle)) - x * np.float32(np.sin(angle))
    if rng.random() < 0.4:
        along = along + float(rng.uniform(0, 0.15)) * np.sin(
            across * float(rng.uniform(3, 14)) + float(rng.uniform(0, 6))
        )
    if rng.random() < 0.25:
        along = np.hypot(x - float(rng.uniform(-0.6, 0.6)), y - float(rng.uniform(-0.6, 0.6))) - float(
            rng.uniform(0.2, 0.6)
        )
    edge, soft = float(rng.uniform(-0.3, 0.3)), log_uniform(0.0015, 0.15, rng)
    darkness = float(rng.uniform(0.1, 0.7))
    tint = 1 + rng.normal(0, 0.03, 3)
    layer = darkness / (1 + np.exp(np.clip((edge - along) / soft, -30, 30)))
    sheet *= (1 - layer[..., None] * tint).astype(np.float32)


def slope(sheet: Sheet, rng: Rng) -> None:
    """Light from one side, or a vignette, in place."""
    height, width = sheet.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle = float(rng.uniform(0, 2 * np.pi))
    light = 1 - float(rng.uniform(0, 0.45)) * (np.cos(angle) * x + np.sin(angle) * y + 1) / 2
    if rng.random() < 0.3:
        light = light - float(rng.uniform(0, 0.3)) * (x * x + y * y) / 2
    sheet *= light[..., None].astype(np.float32)


def glare(sheet: Sheet, rng: Rng) -> None:
    """One or two bright reflections, in place."""
    height, width = sheet.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    for _ in range(int(rng.integers(1, 3))):
        reach = rng.uniform(0.08, 0.35, 2) * max(height, width)
        away = ((x - np.float32(rng.uniform(0, width))) / np.float32(reach[0])) ** 2 + (
            (y - np.float32(rng.uniform(0, height))) / np.float32(reach[1])
        ) ** 2
        spot = float(rng.uniform(0.3, 0.95)) * np.exp(-(away ** float(rng.uniform(0.7, 3))))
        sheet += spot[..., None].astype(np.float32) * (1 - sheet)


def thumb(sheet: Sheet, rng: Rng) -> None:
    """A finger that reaches in from an edge, in place."""
    height, width = sheet.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    side = int(rng.integers(4))
    at = float(rng.uniform(0.1, 0.9))
    centre = ((at * width, height), (at * width, 0), (0, at * height), (width, at * height))[side]
    reach = max(height, width) * rng.uniform(0.06, 0.16, 2)
    away = ((x - np.float32(centre[0])) / np.float32(reach[0])) ** 2 + (
        (y - np.float32(centre[1])) / np.float32(reach[1])
    ) ** 2
    layer = np.clip((1 - away) * 12, 0, 1)
    skin = np.array(pick(SKINS, rng))
    shade = 1 - 0.35 * np.clip(away, 0, 1)
    sheet += layer[..., None] * ((skin * shade[..., None]).astype(np.float32) - sheet)


def moire(sheet: Sheet, rng: Rng) -> None:
    """The waves of a photographed screen, in place."""
    height, width = sheet.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    for channel in range(3):
        angle, period = float(rng.uniform(0, np.pi)), float(rng.uniform(3, 30))
        wave = np.sin((x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))) * np.float32(2 * np.pi / period))
        sheet[..., channel] *= 1 + float(rng.uniform(0.01, 0.08)) * wave


def expose(sheet: Sheet, rng: Rng, *, quality: float) -> Picture:
    """The picture that a camera takes: uint8 [H, W, 3]. `quality`: 0 for a bad camera, 1 for one without faults."""
    bad = 1 - quality
    sheet = _blurred(sheet, bad, rng)
    cast = 1 + rng.normal(0, 0.06, 3) * bad
    gain, gamma = float(np.exp(rng.normal(0, 0.12) * bad)), float(np.exp(rng.normal(0, 0.2) * bad))
    sheet = np.clip(sheet * (gain * cast).astype(np.float32), 0, 1) ** np.float32(gamma)
    if rng.random() < GREY_SHARE:
        sheet = sheet.mean(axis=2, keepdims=True).repeat(3, axis=2)
    if rng.random() < SCANNED_SHARE * bool(bad):
        sheet = _scanned(sheet, rng)
    if bad:
        sheet = _sharpened(_noisy(sheet, bad, rng), rng)
    picture = np.rint(np.clip(sheet, 0, 1) * 255).astype(np.uint8)
    if rng.random() < JPEG_SHARE * bool(bad):
        picture = _compressed(picture, int(rng.integers(*JPEG_QUALITIES)))
    return np.ascontiguousarray(picture)


def _blurred(sheet: Sheet, bad: float, rng: Rng) -> Sheet:
    """Out of focus, and now and then moved."""
    blur = float(rng.uniform(0, 1.8)) * bad
    if blur > LEAST_BLUR:
        sheet = _soft(sheet, blur)
    if rng.random() < 0.06 * bad:
        reach = int(rng.integers(3, 8))
        kernel = np.zeros((reach, reach), dtype=np.float32)
        cv2.line(kernel, (0, int(rng.integers(reach))), (reach - 1, int(rng.integers(reach))), 1.0)
        sheet = np.asarray(cv2.filter2D(sheet, -1, kernel / max(1.0, float(kernel.sum()))), dtype=np.float32)
    return sheet


def _noisy(sheet: Sheet, bad: float, rng: Rng) -> Sheet:
    """Noise of single points, now and then of coloured blotches besides."""
    noise = log_uniform(0.002, 0.05, rng) * bad
    sheet = sheet + noise * grain(sheet.shape[:2], float(rng.uniform(0, 0.8)), rng)[..., None]
    if rng.random() < 0.3:
        sheet = sheet + noise * np.stack([blotches(sheet.shape[:2], 60, rng) for _ in range(3)], axis=2)
    return sheet


def _sharpened(sheet: Sheet, rng: Rng) -> Sheet:
    """Sharpened now and then, as phones do."""
    if rng.random() < SHARPENED_SHARE:
        soft = _soft(sheet, float(rng.uniform(0.8, 2)))
        sheet = sheet + float(rng.uniform(0.2, 1.2)) * (sheet - soft)
    return sheet


def _soft(sheet: Sheet, sigma: float) -> Sheet:
    return np.asarray(cv2.GaussianBlur(sheet, (0, 0), sigma), dtype=np.float32)


def _compressed(picture: Picture, quality: int) -> Picture:
    """After JPEG of this quality."""
    packed = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    read = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    assert read is not None
    return np.asarray(read[..., ::-1], dtype=np.uint8)


def _scanned(sheet: Sheet, rng: Rng) -> Sheet:
    """High contrast between paper and ink, as a scanner or an app makes it."""
    grey = sheet.mean(axis=2)
    ground = cv2.GaussianBlur(grey, (0, 0), max(grey.shape) / 12)
    ratio = grey / np.maximum(ground, 1e-3)
    edge, steep = float(rng.uniform(0.7, 0.92)), float(rng.uniform(6, 40))
    tone = 1 / (1 + np.exp(np.clip(-(ratio - edge) * steep, -30, 30)))
    share = float(rng.uniform(0.4, 1))
    return np.asarray(sheet * (1 - share) + tone[..., None].astype(np.float32) * share, dtype=np.float32)
