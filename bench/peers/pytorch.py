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

    import pytorch_models as models
except (ImportError, OSError, ValueError) as error:  # a CUDA wheel without its libraries raises the last two
    peer.missing(error)

if args.device != "cpu" and not args.work.endswith("_epoch"):
    peer.missing(ValueError(f"{args.work} is timed on the CPU alone"))
torch.set_num_threads(args.threads)
torch.manual_seed(1)


def keras_rmsprop(model):
    return torch.optim.RMSprop(model.parameters(), lr=1e-3, alpha=0.9, eps=1e-7)


def keras_adam(model, beta=0.9, **how):
    return torch.optim.Adam(model.parameters(), lr=1e-3, betas=(beta, 0.999), eps=1e-7, **how)


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
    model = models.mlp(512).to(args.device)
    return epoch_work(model, keras_rmsprop(model))


def convnet_epoch():
    model = models.convnet().to(args.device)
    return epoch_work(model, keras_adam(model), (1, 28, 28))


def lstm_epoch():
    model = models.Lstm().to(args.device)
    return epoch_work(model, keras_adam(model), (28, 28))


def step_work(batch, batches, epoch):
    """The seconds of a step: those of an epoch by its steps, after one epoch."""
    seconds = []
    for _ in range(1 + args.repeats):
        start = time.perf_counter()
        epoch()
        seconds.append(time.perf_counter() - start)
    return peer.steps_detail(seconds[1:], batch, batches)


def encoder_step():
    x, y = map(torch.from_numpy, peer.encoder_data())
    model = models.Encoder(**peer.ENCODER)
    optimizer = keras_adam(model)
    batch = peer.ENCODER["batch"]
    return step_work(batch, peer.ENCODER["batches"], lambda: train_epoch(model, optimizer, x, y, batch))


def example_step(step, *data):
    """`step` for each shuffled batch of the data, images with their channels first."""
    batch = peer.EXAMPLES[args.work]

    def epoch():
        total = torch.zeros(())
        for index in torch.randperm(len(data[0])).split(batch):
            total += step(*(part.index_select(0, index) for part in data)).detach()
        return total.item()

    return step_work(batch, peer.EXAMPLE_BATCHES, epoch)


def updated(optimizer, loss):
    """One update by the gradients of a loss."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def unet_step():
    x, y = map(torch.from_numpy, peer.pictures(args.work))
    model = models.Unet()
    optimizer = keras_adam(model)
    return example_step(lambda xb, yb: updated(optimizer, F.cross_entropy(model(xb), yb)), x.reshape(-1, 1, 48, 48), y)


def autoencoder_step():
    x = torch.from_numpy(peer.digits(args.work)).reshape(-1, 1, 28, 28)
    model = models.autoencoder()
    optimizer = keras_adam(model)
    return example_step(lambda xb: updated(optimizer, F.binary_cross_entropy_with_logits(model(xb), xb)), x)


def dcgan_step(latent=64):
    x = torch.from_numpy(peer.digits(args.work)).reshape(-1, 1, 28, 28)
    generator, discriminator = models.generator(latent), models.discriminator()
    of_generator, of_discriminator = (keras_adam(model, beta=0.5) for model in (generator, discriminator))

    def judged(images, target):
        logits = discriminator(images)
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))

    def step(digits):
        fakes = generator(torch.randn(len(digits), latent))
        loss = updated(of_discriminator, judged(digits, 0.9) + judged(fakes.detach(), 0.0))
        # The gradients that this leaves in the discriminator are dropped by its next update.
        updated(of_generator, judged(fakes, 1.0))
        return loss

    return example_step(step, x)


def mlp_small_step():
    x, y, _, _ = data()

    def run(**how):
        model = models.mlp(128)
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
    model = nn.Sequential(models.mlp(128), nn.Softmax(dim=1)).eval()
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
    model = models.mlp(512)
    optimizer = keras_rmsprop(model)
    for _ in range(5):
        loss = train_epoch(model, optimizer, x, y, 128)
    accuracy = test_accuracy(model, x_test, y_test)
    return [time.perf_counter() - peer.STARTED], {
        "batch": 128, "epochsTrained": 5, "trainLoss": loss, "testAccuracy": accuracy}


seconds, detail = globals()[args.work]()
peer.result("pytorch", torch.__version__, args, seconds, detail)
