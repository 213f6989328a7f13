"""The PyTorch peer's models; those that classify give logits."""

import torch
from torch import nn


def mlp(hidden):
    return nn.Sequential(nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, 10))


def convnet():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10),
    )


class Lstm(nn.Module):
    """The rows of an image as the steps of a sequence."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(28, 128, batch_first=True)
        self.dense = nn.Linear(128, 10)

    def forward(self, x):
        sequence, _ = self.lstm(x)
        return self.dense(sequence[:, -1])


class Encoder(nn.Module):
    def __init__(self, blocks, width, heads, hidden, **_):
        super().__init__()
        self.blocks = nn.Sequential(*(
            nn.TransformerEncoderLayer(width, heads, hidden, dropout=0, batch_first=True) for _ in range(blocks)
        ))
        self.dense = nn.Linear(width, 10)

    def forward(self, x):
        return self.dense(self.blocks(x).mean(1))


class Unet(nn.Module):
    def __init__(self, filters=(12, 24, 48), classes=4):
        super().__init__()

        def block(inputs, width):
            return nn.Sequential(
                nn.Conv2d(inputs, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
                nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
            )

        pairs = list(zip((1, *filters), filters))
        self.down = nn.ModuleList(block(inputs, width) for inputs, width in pairs)
        up = list(zip(filters[:0:-1], filters[-2::-1]))
        self.widen = nn.ModuleList(nn.ConvTranspose2d(inputs, width, 2, stride=2) for inputs, width in up)
        self.up = nn.ModuleList(block(2 * width, width) for _, width in up)
        self.last = nn.Conv2d(filters[0], classes, 1)

    def forward(self, x):
        seen = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else nn.functional.max_pool2d(x, 2))
            seen.append(x)
        seen.pop()
        for widen, block in zip(self.widen, self.up):
            x = block(torch.cat([seen.pop(), widen(x)], 1))
        return self.last(x)


def autoencoder(size=32):
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(7 * 7 * 32, size),
        nn.Linear(size, 7 * 7 * 32), nn.ReLU(), nn.Unflatten(1, (32, 7, 7)),
        nn.ConvTranspose2d(32, 32, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
        nn.Conv2d(16, 1, 3, padding=1),
    )


def generator(latent):
    return nn.Sequential(
        nn.Linear(latent, 7 * 7 * 64, bias=False), nn.BatchNorm1d(7 * 7 * 64), nn.ReLU(), nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1), nn.Sigmoid(),
    )


def discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 32, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(64), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(7 * 7 * 64, 1),
    )
