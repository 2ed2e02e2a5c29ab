"""The perceptual distance against its formula written down once more, on every kind of backbone."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from finetouch.diffusion.convnets import LINS, AlexNet, Vgg16  # noqa: E402
from finetouch.diffusion.features import Backbone  # noqa: E402
from finetouch.diffusion.perceptual import Perceptual  # noqa: E402
from finetouch.diffusion.preservation import Preservation  # noqa: E402
from finetouch.errors import FinetouchError  # noqa: E402

ENDS = {Vgg16: (64, 128, 256, 512, 512), AlexNet: (64, 192, 384, 256, 256)}


def pictures(seed: int = 0, n: int = 2, side: int = 40):
    return torch.rand((n, 3, side, side), generator=torch.Generator().manual_seed(seed)) * 2 - 1


def segformer():
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    return SegformerForSemanticSegmentation(
        SegformerConfig(depths=[1, 1], num_encoder_blocks=2, hidden_sizes=[8, 16], num_attention_heads=[1, 2],
                        strides=[4, 2], sr_ratios=[2, 1], patch_sizes=[7, 3], mlp_ratios=[2, 2], decoder_hidden_size=8)
    ).eval()  # fmt: skip


def clip():
    from transformers import CLIPConfig, CLIPModel

    import tiny_models

    return CLIPModel(
        CLIPConfig(text_config=tiny_models.text_config(), vision_config=tiny_models.vision_config())
    ).eval()


def autoencoder():
    import tiny_models

    return tiny_models.vae().eval()


def judge():
    from transformers import ResNetConfig, UperNetConfig, UperNetForSemanticSegmentation

    backbone = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic",
                            out_features=["stage1", "stage2"])  # fmt: skip
    return UperNetForSemanticSegmentation(
        UperNetConfig(backbone_config=backbone, hidden_size=8, pool_scales=[1], use_auxiliary_head=False)
    ).eval()


def formula(maps_a, maps_b, lins) -> np.ndarray:
    """LPIPS as the paper has it, place by place in numpy."""
    total = np.zeros(len(maps_a[0]))
    for a, b, w in zip(maps_a, maps_b, lins, strict=True):
        a, b = (m.detach().double().numpy() for m in (a, b))
        for n in range(len(a)):
            places = []
            for y in range(a.shape[2]):
                for x in range(a.shape[3]):
                    u, v = a[n, :, y, x], b[n, :, y, x]
                    u, v = u / (np.sqrt((u**2).sum()) + 1e-10), v / (np.sqrt((v**2).sum()) + 1e-10)
                    places.append((w * (u - v) ** 2).sum())
            total[n] += np.mean(places)
    return total


@pytest.mark.parametrize("kind", [Vgg16, AlexNet])
def test_the_distance_is_the_formula(kind):
    torch.manual_seed(4)
    net = kind().eval()
    rng = np.random.default_rng(1)
    lins = [rng.random(width) for width in ENDS[kind]]
    measure = Perceptual(Backbone(net), [torch.from_numpy(w) for w in lins])
    a, b = pictures(0, side=66), pictures(1, side=66)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    taps = lambda x: net.taps(((x + 1) / 2 - mean[:, None, None]) / std[:, None, None])  # noqa: E731
    np.testing.assert_allclose(measure(a, b).detach().numpy(), formula(taps(a), taps(b), lins), rtol=1e-4)
    assert [m.shape[1] for m in taps(a)] == list(ENDS[kind])


def test_without_learned_weights_all_depths_count_the_same():
    torch.manual_seed(4)
    measure = Perceptual(Backbone(AlexNet().eval()))
    a, b = pictures(0, side=66), pictures(1, side=66)
    maps = [[m.detach() for m in measure.maps(p)] for p in (a, b)]
    np.testing.assert_allclose(measure(a, b).detach().numpy(), formula(*maps, [np.full(1, 0.2)] * 5), rtol=1e-4)
    assert not measure.calibrated


@pytest.mark.parametrize("make", [Vgg16, AlexNet, segformer, clip, autoencoder, judge], ids=lambda m: m.__name__)
@pytest.mark.parametrize("size", [(40, 40), (17, 33)], ids=str)
def test_every_backbone_gives_a_distance_with_a_slope(make, size):
    torch.manual_seed(2)
    measure = Perceptual(Backbone(make()))
    a = (torch.rand((2, 3, *size)) * 2 - 1).requires_grad_(True)
    b = torch.rand((1, 3, *size)) * 2 - 1
    value = measure(a, b)
    value.sum().backward()
    assert value.shape == (2,) and (value > 0).all() and torch.isfinite(a.grad).all() and a.grad.any()
    same = a.detach()
    assert float(measure(same, same).detach().abs().max()) == 0
    torch.testing.assert_close(measure(same[:1], b), measure(b, same[:1]))


def test_what_gives_no_features_is_refused():
    with pytest.raises(FinetouchError, match="gives no features"):
        Backbone(torch.nn.Linear(3, 3))


def test_both_pictures_are_masked_before_they_are_compared():
    torch.manual_seed(2)
    measure = Perceptual(Backbone(autoencoder()))
    keep = torch.ones((1, 1, 40, 40))
    keep[..., 10:30, 10:30] = 0
    whole = pictures(0, 1)
    held = Preservation(whole, keep, lpips=2.0, perceptual=measure)
    inside = torch.where(keep > 0, whole, pictures(5, 1)).requires_grad_(True)
    value = held.energy(inside)
    value.sum().backward()
    assert float(value.detach()) == 0 and not (inside.grad * (1 - keep)).any()
    other = pictures(6, 1)
    torch.testing.assert_close(held.energy(other), 2.0 * measure(other * keep, whole * keep))


def test_weights_and_learned_channels_are_read_from_a_folder(tmp_path):
    from safetensors.torch import save_file

    torch.manual_seed(4)
    net = Vgg16()
    state = {k: v.clone() for k, v in net.state_dict().items()}
    save_file({**state, "classifier.0.weight": torch.zeros(2, 2)}, str(tmp_path / "model.safetensors"))
    save_file({f"lin{i}": torch.rand(1, w, 1, 1) for i, w in enumerate(ENDS[Vgg16])}, str(tmp_path / LINS))
    read, info = Vgg16.from_pretrained(str(tmp_path))
    assert not info["missing_keys"] and Perceptual(Backbone(read.eval())).calibrated
    a, b = pictures(0, side=40), pictures(1, side=40)
    torch.testing.assert_close(read.taps(a)[-1], net.taps(a)[-1])
    assert (Perceptual(Backbone(read))(a, b) > 0).all()
    with pytest.raises(FinetouchError, match="AlexNet"):
        AlexNet.from_pretrained(str(tmp_path))


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (2, 3)])
def test_the_smallest_pictures_have_a_distance(size):
    a, b = torch.rand((1, 3, *size)), torch.rand((1, 3, *size))
    assert torch.isfinite(Perceptual(Backbone(Vgg16().eval()))(a, b)).all()
