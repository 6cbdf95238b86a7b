"""Six small nets that cover operators which trip quantizers, exported from PyTorch as ONNX files. Their weights are random."""

from pathlib import Path
from typing import Callable

import torch
import torch.nn.functional as F
from torch import nn

SIDE = 32
CLASSES = 100


def block(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1, act=nn.ReLU) -> nn.Sequential:
    """Convolution, batch norm and, unless `act` is None, an activation."""
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, *([act()] if act else []))


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.down = nn.Conv2d(channels, channels // 4, 1)
        self.up = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x):
        return x * F.hardsigmoid(self.up(F.relu(self.down(F.adaptive_avg_pool2d(x, 1)))))


class InvertedResidual(nn.Module):
    """Expand, depthwise, project; added to its input where the shapes allow it."""

    def __init__(self, inputs: int, outputs: int, stride: int, act, excite: bool = False):
        super().__init__()
        hidden = 4 * inputs
        self.expand = block(inputs, hidden, 1, act=act)
        self.depthwise = block(hidden, hidden, 3, stride, hidden, act=act)
        self.excite = SqueezeExcite(hidden) if excite else nn.Identity()
        self.project = block(hidden, outputs, 1, act=None)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        made = self.project(self.excite(self.depthwise(self.expand(x))))
        return x + made if self.residual else made


def mobilenet_v2() -> nn.Module:
    """Depthwise convolutions and ReLU6 (Clip)."""
    stages = [(32, 32, 1), (32, 64, 2), (64, 64, 1), (64, 96, 2), (96, 96, 1)]
    return nn.Sequential(
        block(3, 32, act=nn.ReLU6),
        *(InvertedResidual(i, o, s, nn.ReLU6) for i, o, s in stages),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.1),
        nn.Linear(96, CLASSES),
    )


def mobilenet_v3() -> nn.Module:
    """HardSwish, HardSigmoid, squeeze and excitation, two Gemms."""
    stages = [(32, 32, 1, True), (32, 64, 2, True), (64, 64, 1, False), (64, 96, 2, False), (96, 96, 1, True)]
    return nn.Sequential(
        block(3, 32, act=nn.Hardswish),
        *(InvertedResidual(i, o, s, nn.Hardswish, e) for i, o, s, e in stages),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(96, 128),
        nn.Hardswish(),
        nn.Linear(128, CLASSES),
    )


class DenseNet(nn.Module):
    """Concat, average pooling, Sigmoid and Mul (SiLU)."""

    def __init__(self):
        super().__init__()
        self.stem = block(3, 32)
        self.layers = nn.ModuleList(block(32 + 16 * i, 16) for i in range(4))
        self.transition = block(96, 64, 1)
        self.head = nn.Linear(64, CLASSES)

    def forward(self, x):
        x = self.stem(x)
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return self.head(F.silu(F.avg_pool2d(self.transition(x), 2)).mean((2, 3)))


class UNet(nn.Module):
    """Resize (nearest and bilinear), Concat, and two outputs: Sigmoid and Softmax."""

    def __init__(self):
        super().__init__()
        self.fine, self.middle, self.coarse = block(3, 32), block(32, 64, 3, 2), block(64, 64, 3, 2)
        self.up_middle, self.up_fine = block(128, 32), block(64, 32)
        self.head = nn.Conv2d(32, 8, 1)

    def forward(self, x):
        fine = self.fine(x)
        middle = self.middle(fine)
        coarse = F.interpolate(self.coarse(middle), scale_factor=2, mode="nearest")
        up = self.up_middle(torch.cat([coarse, middle], 1))
        up = F.interpolate(up, scale_factor=2, mode="bilinear", align_corners=False)
        answer = self.head(self.up_fine(torch.cat([up, fine], 1)))
        return torch.sigmoid(answer), torch.softmax(answer, 1)


class Attention(nn.Module):
    """One transformer block: MatMul of activations, LayerNormalization, Softmax, Gelu."""

    def __init__(self, width: int = 64):
        super().__init__()
        self.patches = nn.Conv2d(3, width, 4, 4)
        self.qkv, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.before_mix, self.before_up = nn.LayerNorm(width), nn.LayerNorm(width)
        self.head = nn.Linear(width, CLASSES)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        query, key, value = self.qkv(self.before_mix(x)).chunk(3, -1)
        x = x + self.mix(torch.softmax(query @ key.transpose(1, 2) / 8, -1) @ value)
        x = x + self.down(F.gelu(self.up(self.before_up(x))))
        return self.head(x.mean(1))


class SharedHead(nn.Module):
    """One convolution on two scales: shared weights and bias, LeakyReLU, PReLU, two outputs."""

    def __init__(self):
        super().__init__()
        self.fine = block(3, 32, act=lambda: nn.LeakyReLU(0.1))
        self.coarse = block(32, 32, 3, 2, act=nn.PReLU)
        self.head = nn.Conv2d(32, 16, 3, 1, 1)

    def forward(self, x):
        fine = self.fine(x)
        return self.head(fine), self.head(self.coarse(fine))


# Name, how it is made, opset.
NETS: list[tuple[str, Callable[[], nn.Module], int]] = [
    ("mobilenet-v2", mobilenet_v2, 11),
    ("mobilenet-v3", mobilenet_v3, 14),
    ("densenet", DenseNet, 13),
    ("u-net", UNet, 12),
    ("attention", Attention, 17),
    ("shared-head", SharedHead, 9),
]


def settled(net: nn.Module) -> nn.Module:
    """Gives batch norms weights and statistics that a trained net could have."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
    net.train()
    with torch.no_grad():
        for _ in range(30):
            net(torch.randn(16, 3, SIDE, SIDE))
    return net.eval()


def export(folder: Path) -> list[Path]:
    """Writes all nets, with a free batch size, and returns their files."""
    torch.manual_seed(0)
    files = []
    for name, make, opset in NETS:
        file = folder / f"{name}.onnx"
        torch.onnx.export(
            settled(make()),
            (torch.randn(1, 3, SIDE, SIDE),),
            str(file),
            opset_version=opset,
            dynamo=False,
            input_names=["x"],
            dynamic_axes={"x": {0: "n"}},
        )
        files.append(file)
    return files
