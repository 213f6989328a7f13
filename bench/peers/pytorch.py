"""The PyTorch peer: plain eager loops, data in the memory of the device: the CPU, or for epochs a GPU.

    python bench/peers/pytorch.py WORK --data DIR [--repeats N] [--rows N] [--threads N] [--device cpu|cuda]
"""

import statistics
import time

import peer

args = peer.options(
    "PyTorch, eager",
    lambda parser: parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="cuda: epochs alone"),
)
try:
    import numpy as np
    import torch
    from torch import nn
    from torch.nn import functional as F
except (ImportError, OSError, ValueError) as error:  # a CUDA wheel without its libraries raises the last two
    peer.missing(error)

if args.device != "cpu" and not args.work.endswith("_epoch"):
    peer.missing(ValueError(f"{args.work} is timed on the CPU alone"))
torch.set_num_threads(args.threads)
torch.manual_seed(1)


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


def keras_rmsprop(model):
    return torch.optim.RMSprop(model.parameters(), lr=1e-3, alpha=0.9, eps=1e-7)


def keras_adam(model, **how):
    return torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-7, **how)


def train_epoch(model, optimizer, x, y, batch):
    """One epoch with a fresh shuffle; returns the mean training loss."""
    model.train()
    total = torch.zeros((), device=x.device)
    correct = torch.zeros((), dtype=torch.int64, device=x.device)
    for index in torch.randperm(len(x), device=x.device).split(batch):
        xb, yb = x.index_select(0, index), y.index_select(0, index)
        optimizer.zero_grad()
        logits = model(xb)
        loss = F.cross_entropy(logits, yb)
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(yb)
        if args.accuracy:
            correct += (logits.detach().argmax(1) == yb).sum()
    return (total / len(x)).item()


def test_accuracy(model, x, y):
    model.eval()
    with torch.inference_mode():
        correct = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in zip(x.split(1000), y.split(1000)))
    return correct / len(y)


def data(image_shape=None):
    """The four arrays as tensors, labels int64, images `[rows, 784]` or `[rows, *image_shape]`."""
    x, y, x_test, y_test = (torch.from_numpy(part).to(args.device) for part in peer.mnist(args.data, args.rows))
    if image_shape:
        x, x_test = x.reshape(-1, *image_shape), x_test.reshape(-1, *image_shape)
    return x, y, x_test, y_test


def epoch_work(model, optimizer, image_shape=None):
    x, y, x_test, y_test = data(image_shape)
    train_epoch(model, optimizer, x, y, 128)
    seconds = []
    for _ in range(args.repeats):
        start = time.perf_counter()
        loss = train_epoch(model, optimizer, x, y, 128)
        seconds.append(time.perf_counter() - start)
    return peer.epoch_detail(args, seconds, 1 + args.repeats, loss, test_accuracy(model, x_test, y_test))


def mlp_epoch():
    model = mlp(512).to(args.device)
    return epoch_work(model, keras_rmsprop(model))


def convnet_epoch():
    model = convnet().to(args.device)
    return epoch_work(model, keras_adam(model), (1, 28, 28))


def lstm_epoch():
    model = Lstm().to(args.device)
    return epoch_work(model, keras_adam(model), (28, 28))


def encoder_step():
    x, y = map(torch.from_numpy, peer.encoder_data())
    model = Encoder(**peer.ENCODER)
    optimizer = keras_adam(model)
    seconds = []
    for _ in range(1 + args.repeats):
        start = time.perf_counter()
        train_epoch(model, optimizer, x, y, peer.ENCODER["batch"])
        seconds.append(time.perf_counter() - start)
    return peer.encoder_detail(seconds[1:])


def mlp_small_step():
    x, y, _, _ = data()

    def run(**how):
        model = mlp(128)
        optimizer = keras_adam(model, **how)

        def step(index):
            xb, yb = x.index_select(0, index), y.index_select(0, index)
            optimizer.zero_grad()
            loss = F.cross_entropy(model(xb), yb)
            loss.backward()
            optimizer.step()
            return loss

        medians, means = [], []
        for repeat in range(1 + args.repeats):
            times = []
            for index in torch.randint(len(x), (args.steps, 32)):
                start = time.perf_counter()
                step(index)
                times.append(time.perf_counter() - start)
            if repeat:
                medians.append(statistics.median(times))
                means.append(statistics.fmean(times))
        return medians, means

    medians, means = run()
    fused, _ = run(fused=True)
    return medians, {
        "batch": 32,
        "stepsEachRepeat": args.steps,
        "medianMs": statistics.median(medians) * 1e3,
        "meanMs": statistics.median(means) * 1e3,
        "fusedAdamMedianMs": statistics.median(fused) * 1e3,
    }


def predict_one():
    model = nn.Sequential(mlp(128), nn.Softmax(dim=1)).eval()
    row = peer.random_row(1)

    def call():
        with torch.inference_mode():
            return model(torch.from_numpy(row)).numpy()

    peer.median_call(call, args.calls)
    seconds = [peer.median_call(call, args.calls)[0] for _ in range(args.repeats)]
    assert abs(float(np.sum(call())) - 1) < 1e-5
    return seconds, {"callsEachRepeat": args.calls, "medianUs": statistics.median(seconds) * 1e6}


def mlp_process():
    args.rows = peer.EPOCH_ROWS
    x, y, x_test, y_test = data()
    model = mlp(512)
    optimizer = keras_rmsprop(model)
    for _ in range(5):
        loss = train_epoch(model, optimizer, x, y, 128)
    accuracy = test_accuracy(model, x_test, y_test)
    return [time.perf_counter() - peer.STARTED], {
        "batch": 128, "epochsTrained": 5, "trainLoss": loss, "testAccuracy": accuracy}


seconds, detail = globals()[args.work]()
peer.result("pytorch", torch.__version__, args, seconds, detail)
