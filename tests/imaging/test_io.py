import io as bytesio
import json
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from finetouch.errors import InputError, OutputError
from finetouch.imaging import io, metadata


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    stream = bytesio.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture
def rgb() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (21, 34, 3), dtype=np.uint8)


@pytest.mark.parametrize("suffix", ["png", "webp", "tiff", "bmp"])
def test_lossless_formats_keep_every_pixel_and_the_record(tmp_path, rgb, suffix):
    path = tmp_path / f"out.{suffix}"
    io.save(io.from_array(rgb), path, info={"plan": "ü\"'<&\n"}, parameters="remove the dog\nSeed: 1")
    back = io.load(path)
    np.testing.assert_array_equal(back.pixels, rgb)
    if suffix != "bmp":
        assert json.loads(back.text[metadata.KEY]) == {"plan": "ü\"'<&\n"}
        assert back.text[metadata.PARAMETERS] == "remove the dog\nSeed: 1"


@pytest.mark.parametrize("suffix", ["jpg", "avif"])
def test_lossy_formats_keep_the_record_and_say_so(tmp_path, coffee, suffix):
    path = tmp_path / f"out.{suffix}"
    notices = io.save(io.from_array(coffee), path, info={"a": 1}, parameters="x")
    assert "re-compresses" in notices[0]
    back = io.load(path)
    assert json.loads(back.text[metadata.KEY]) == {"a": 1} and back.text[metadata.PARAMETERS] == "x"
    assert np.abs(back.pixels.astype(int) - coffee).mean() < 4


def test_strip_leaves_no_record(tmp_path, rgb):
    path = tmp_path / "out.png"
    io.save(io.from_array(rgb), path, info={"a": 1}, parameters="x", strip=True)
    assert not io.load(path).text


def test_exif_orientation_is_applied_and_removed(tmp_path, rgb):
    image = Image.fromarray(rgb)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Maker"
    picture = io.load(encoded(image, "PNG", exif=exif))
    assert picture.size == (rgb.shape[0], rgb.shape[1])
    np.testing.assert_array_equal(picture.pixels, np.rot90(rgb, -1))
    path = tmp_path / "out.png"
    io.save(picture, path)
    again = Image.open(path)
    assert 0x0112 not in again.getexif() and again.getexif()[0x010F] == "Maker"


def test_icc_profile_and_alpha_are_kept(tmp_path, rgb):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    alpha = np.random.default_rng(2).integers(0, 256, rgb.shape[:2], dtype=np.uint8)
    rgba = Image.fromarray(np.dstack([rgb, alpha]))
    picture = io.load(encoded(rgba, "PNG", icc_profile=profile))
    assert picture.icc == profile
    np.testing.assert_array_equal(picture.alpha, alpha)
    for suffix in ("png", "webp"):
        path = tmp_path / f"out.{suffix}"
        io.save(picture, path)
        back = io.load(path)
        assert back.icc == profile
        np.testing.assert_array_equal(back.alpha, alpha)
        np.testing.assert_array_equal(back.pixels, rgb)


def test_sixteen_bit_and_cmyk_are_converted_with_a_notice():
    values = np.linspace(0, 65535, 12 * 9).reshape(9, 12).astype(np.uint16)
    gray = io.load(encoded(Image.fromarray(values), "PNG"))
    assert "16-bit" in gray.notices[0]
    assert np.abs(gray.pixels[..., 0].astype(float) - values / 257).max() <= 0.51
    cmyk = io.load(encoded(Image.new("CMYK", (5, 4), (0, 255, 255, 0)), "TIFF"))
    assert "CMYK" in cmyk.notices[0] and cmyk.pixels[0, 0, 0] > 200 and cmyk.pixels[0, 0, 2] < 60


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_all_common_modes_become_rgb(mode, rgb):
    image = Image.fromarray(rgb).convert(mode)
    picture = io.load(encoded(image, "PNG"))
    assert picture.pixels.shape == rgb.shape and picture.pixels.dtype == np.uint8
    assert (picture.alpha is not None) == (mode in ("LA", "RGBA"))


def test_arrays_and_pillow_images_are_taken(rgb):
    for source in (rgb, rgb / 255.0, Image.fromarray(rgb), encoded(Image.fromarray(rgb), "PNG")):
        np.testing.assert_array_equal(io.load(source).pixels, rgb)
    for bad in (np.zeros((0, 4, 3)), np.zeros((3, 3, 7)), np.zeros(5), np.zeros((3, 3, 3), np.int64)):
        with pytest.raises(InputError):
            io.load(bad)


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n"])
def test_unreadable_files_are_refused(tmp_path, content):
    path = tmp_path / "x.png"
    path.write_bytes(content)
    with pytest.raises(InputError):
        io.load(path)


def test_truncated_missing_and_folder(tmp_path, coffee):
    data = encoded(Image.fromarray(coffee), "JPEG")
    with pytest.raises(InputError, match="truncated"):
        io.load(data[: len(data) // 2])
    with pytest.raises(InputError, match="no file"):
        io.load(tmp_path / "nothing.png")
    with pytest.raises(InputError, match="folder"):
        io.load(tmp_path)


def test_the_pixel_limit_guards_before_decoding(rgb):
    data = encoded(Image.fromarray(rgb), "PNG")
    with pytest.raises(InputError, match="limit") as caught:
        io.load(data, max_pixels=100)
    assert "--max-pixels 714" in caught.value.hint
    assert io.load(data, max_pixels=714).size == (34, 21)


def test_output_is_checked_before_and_nothing_is_left(tmp_path, rgb, monkeypatch):
    picture = io.from_array(rgb)
    path = tmp_path / "out.png"
    io.save(picture, path)
    with pytest.raises(OutputError, match="exists"):
        io.save(picture, path)
    io.save(picture, path, overwrite=True)
    with pytest.raises(OutputError, match="Unknown output format"):
        io.save(picture, tmp_path / "out.xyz")
    with pytest.raises(OutputError, match="does not exist"):
        io.save(picture, tmp_path / "no" / "out.png")
    see_through = io.from_array(np.dstack([rgb, np.zeros(rgb.shape[:2], np.uint8)]))
    with pytest.raises(OutputError, match="transparency"):
        io.save(see_through, tmp_path / "clear.jpg")
    with pytest.raises(RuntimeError):
        io.write_atomically(str(tmp_path / "half.png"), _fails, False)
    assert sorted(os.listdir(tmp_path)) == ["out.png"]


def _fails(stream) -> None:
    stream.write(b"half")
    raise RuntimeError("disk on fire")


def test_a_read_only_folder_is_named(tmp_path, rgb):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    with pytest.raises(OutputError, match="cannot be written"):
        io.save(io.from_array(rgb), folder / "out.png")
    folder.chmod(0o755)
    assert not os.listdir(folder)


def test_masks_are_checked(tmp_path):
    path = str(tmp_path / "mask.png")
    mask = np.zeros((6, 8), np.float32)
    mask[2:4, 3:5] = 1
    io.save_gray(mask, path)
    np.testing.assert_array_equal(io.load_mask(path, (8, 6)), mask)
    with pytest.raises(InputError, match="8x6"):
        io.load_mask(path, (6, 8))
    io.save_gray(mask * 0, path, overwrite=True)
    with pytest.raises(InputError, match="selects nothing"):
        io.load_mask(path, (8, 6))


@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from([None, 1, 3, 6, 8]), st.sampled_from(["JPEG", "PNG"]))
def test_check_knows_what_load_finds(width: int, height: int, turn: int | None, kind: str) -> None:
    image = Image.new("RGB", (width, height), (200, 10, 60))
    exif = Image.Exif()
    if turn:
        exif[0x0112] = turn
    data = encoded(image, kind, exif=exif)
    picture, size = io.check(data)
    loaded = io.load(data)
    assert size == loaded.size and (picture.alpha is None) == (loaded.alpha is None)
    assert picture.format == loaded.format and picture.notices == loaded.notices


def test_check_refuses_a_cut_or_large_jpeg() -> None:
    data = encoded(Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)), "JPEG")
    with pytest.raises(InputError, match="truncated"):
        io.check(data[: len(data) // 2])
    with pytest.raises(InputError, match="megapixels"):
        io.check(data, 1000)


def test_heic_is_read_and_written(tmp_path):
    pytest.importorskip("pillow_heif")
    smooth = np.ascontiguousarray(np.broadcast_to(np.arange(96, dtype=np.uint8)[:, None, None] * 2, (96, 64, 3)))
    path = tmp_path / "a.heic"
    notices = io.save(io.from_array(smooth), path, info={"plan": "x"})
    back = io.load(path)
    assert notices and back.format == "HEIF" and back.size == (64, 96)
    assert np.abs(back.pixels.astype(int) - smooth).mean() < 4
    assert json.loads(back.text["finetouch"]) == {"plan": "x"}
    assert io.check(path.read_bytes())[1] == (64, 96)
