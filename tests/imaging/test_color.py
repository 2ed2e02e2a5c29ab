"""Lab conversion, colour words, named-colour share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetouch.imaging import color

byte = st.integers(0, 255)
colours = st.tuples(byte, byte, byte)


def patch(rgb, noise=0, size=24):
    rng = np.random.default_rng(1)
    return np.clip(np.array(rgb) + rng.normal(0, noise, (size, size, 3)), 0, 255).astype(np.uint8)


def test_lab_agrees_with_scikit_image():
    from skimage.color import rgb2lab

    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    np.testing.assert_allclose(color.srgb_to_lab(pixels), rgb2lab(pixels), atol=0.35)


def test_lab_and_back_is_exact_to_one_level():
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    back = color.lab_to_srgb(color.srgb_to_lab(pixels))
    assert np.abs(back.astype(int) - pixels).max() <= 1


def test_nan_becomes_a_colour():
    assert color.lab_to_srgb(np.full((1, 1, 3), np.nan, np.float32)).shape == (1, 1, 3)


@pytest.mark.parametrize(
    ("words", "rgb"),
    [
        ("#fff", (255, 255, 255)), ("#3366CC", (51, 102, 204)), ("navy", (0, 0, 128)), ("silver", (192, 192, 192)),
        ("LightBlue", (173, 216, 230)), ("light blue", (173, 216, 230)), ("grey", color.BASIC["gray"]),
        ("gray", color.BASIC["gray"]), ("gold", (255, 215, 0)), ("bluish", color.BASIC["blue"]),
    ],
)  # fmt: skip
def test_names_and_codes(words, rgb):
    assert color.named_color(words) == rgb


@pytest.mark.parametrize("words", ["", None, "dog", "the", "#12", "#xyz", "open", "very"])
def test_words_that_are_no_colour(words):
    assert color.named_color(words) is None


@pytest.mark.parametrize("name", ["red", "green", "blue", "purple", "brown", "pink", "gray", "orange"])
def test_tones_move_lightness_and_keep_the_term(name):
    plain, light, dark = (color.lab_of(color.named_color(f"{t}{name}")) for t in ("", "light ", "dark "))
    assert dark[0] < plain[0] - 5 and light[0] > plain[0] + 5
    if name not in ("gray", "orange"):
        hue = [np.degrees(np.arctan2(c[2], c[1])) for c in (plain, dark)]
        assert abs((hue[0] - hue[1] + 180) % 360 - 180) < 40


@pytest.mark.parametrize("words", ["bright red", "pale yellow", "deep purple", "very dark green", "bluish green"])
def test_phrases_name_the_right_term(words):
    assert color.basic_term(color.named_color(words)) == words.split()[-1]


@pytest.mark.parametrize("name", sorted(color.BASIC))
def test_each_basic_colour_is_itself_and_shares_say_so(name):
    rgb = color.BASIC[name]
    assert color.basic_term(rgb) == name
    pixels = patch(rgb, noise=4)
    mask = np.ones(pixels.shape[:2], np.float32)
    shares = {n: color.term_share(pixels, mask, n) for n in color.BASIC}
    assert shares[name] > 0.8
    assert shares[name] >= max(shares.values()) - 1e-6


@pytest.mark.parametrize(
    ("rgb", "name", "not_name"),
    [
        ((194, 134, 43), "yellow", "blue"), ((40, 45, 70), "navy", "red"), ((60, 90, 150), "blue", "green"),
        ((235, 232, 225), "white", "black"), ((35, 33, 36), "black", "white"), ((140, 30, 35), "red", "purple"),
        ((95, 65, 45), "brown", "blue"), ((150, 175, 215), "light blue", "dark blue"),
        ((70, 20, 25), "burgundy", "green"),
    ],
)  # fmt: skip
def test_colours_as_photos_have_them(rgb, name, not_name):
    pixels = patch(rgb, noise=5)
    mask = np.ones(pixels.shape[:2], np.float32)
    assert color.term_share(pixels, mask, name) > 0.5
    assert color.term_share(pixels, mask, not_name) < 0.2


def test_share_follows_the_mask_and_survives_shading():
    pixels = np.concatenate([patch((200, 30, 30)), patch((30, 60, 200))], axis=1)
    left = np.zeros(pixels.shape[:2], np.float32)
    left[:, :24] = 1
    assert color.term_share(pixels, left, "red") > 0.95
    assert color.term_share(pixels, 1 - left, "red") < 0.05
    assert color.term_share(pixels, np.ones_like(left), "red") == pytest.approx(0.5, abs=0.08)
    shaded = (pixels * np.linspace(1.0, 0.45, 24)[:, None, None]).astype(np.uint8)
    assert color.term_share(shaded, left, "red") > 0.8
    assert color.term_share(pixels, left, "zebra") == 0


def test_dominant_colour_is_the_body_not_its_windows():
    car = patch((205, 206, 208), noise=8, size=60)
    car = (car * np.linspace(1.1, 0.75, 60)[:, None, None]).clip(0, 255).astype(np.uint8)
    car[20:35, 10:50] = (18, 18, 20)
    mask = np.ones(car.shape[:2], np.float32)
    assert color.basic_term(color.dominant_color(car, mask)) in ("white", "gray")
    assert min(color.dominant_color(car, mask)) > 140


@given(colours)
def test_single_colours_go_round(rgb):
    assert max(abs(a - b) for a, b in zip(color.rgb_of(color.lab_of(rgb)), rgb, strict=True)) <= 3
    assert color.basic_term(rgb) in color.BASIC
    assert color.named_color(color.hex_of(rgb)) == rgb


@given(st.floats(0, 100), st.floats(-120, 120), st.floats(-120, 120))
def test_colours_that_srgb_lacks_keep_their_hue(lightness, a, b):
    rgb = color.rgb_of((lightness, a, b))
    assert all(0 <= v <= 255 for v in rgb)
    got = color.lab_of(rgb)
    if np.hypot(got[1], got[2]) > 12:
        turn = np.degrees(np.arctan2(got[2], got[1]) - np.arctan2(b, a))
        assert abs((turn + 180) % 360 - 180) < 12


@given(st.text(max_size=24))
def test_any_text_is_answered(text):
    found = color.named_color(text)
    assert found is None or all(0 <= v <= 255 for v in found)
