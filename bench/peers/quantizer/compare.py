"""Millrace's quantizer beside ONNX Runtime's Python quantizer: the same model, the same kind of images, one thread, in turns.

Ours is `./millrace quantize` as it comes, told to write int8 whatever it costs: with weights of 7 bits, which no CPU
saturates, unless 8 are 0.2 point better; and once more with 8, as the reference has them. The reference is ONNX Runtime's static
quantization as its documentation recommends for x86: pre-processed, QDQ, uint8 activations, int8 weights per channel, MinMax.
"""

import argparse
import gzip
import json
import logging
import math
import random
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

MILLRACE = Path(__file__).resolve().parents[3] / "millrace"
BATCH = 8
ROUNDS = 7
ROUND_SECONDS = 0.7
OURS = {"ours": [], "ours, 8 bits": ["--weights", "8"]}


@dataclass(frozen=True)
class Case:
    """A model with float or uint8 input; `calibration` and `test` are batches as it takes them."""

    name: str
    model: Path
    calibration: list[np.ndarray]
    test: list[np.ndarray]
    labels: np.ndarray | None
    spec: list[str]


@dataclass(frozen=True)
class Figures:
    """What an int8 model does beside fp32. `speed` has one ratio to fp32 a round; `agreement` is how
    often the best label is that of fp32, `right` how often it is the image's."""

    bytes: int
    sqnr_db: float
    agreement: float | None
    right: float | None
    speed: list[float]


class Batches(CalibrationDataReader):
    """Hands calibration batches to the reference."""

    def __init__(self, name: str, batches: list[np.ndarray]):
        self.rest: Iterator[dict[str, np.ndarray]] = iter([{name: batch} for batch in batches])

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.rest, None)


def fail(value: object, expected: str) -> None:
    sys.exit(f"compare: {value} (expected: {expected})")


# --- Images ---------------------------------------------------------------------------------------


def cifar100(archive: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Images [n, 3, 32, 32] and fine labels of `train` or `test` in the official binary archive."""
    with tarfile.open(archive) as tar:
        member = next((m for m in tar if m.name.endswith(f"{part}.bin")), None)
        if member is None:
            fail(archive, f"CIFAR-100's binary archive, with {part}.bin")
        records = np.frombuffer(tar.extractfile(member).read(), np.uint8).reshape(-1, 3074)
    return records[:, 2:].reshape(-1, 3, 32, 32), records[:, 1].astype(int)


def idx(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Images [n, 1, h, w] and labels of MNIST's file format; `part` is train or t10k."""
    pixels = np.frombuffer(gzip.open(folder / f"{part}-images-idx3-ubyte.gz").read(), np.uint8)
    labels = np.frombuffer(gzip.open(folder / f"{part}-labels-idx1-ubyte.gz").read(), np.uint8)
    height, width = pixels[8:16].view(">i4")
    return pixels[16:].reshape(-1, 1, height, width), labels[8:].astype(int)


def batches(images: np.ndarray) -> list[np.ndarray]:
    return [images[at : at + BATCH] for at in range(0, len(images) - BATCH + 1, BATCH)]


def write_pictures(images: np.ndarray, folder: Path) -> Path:
    folder.mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image.transpose(1, 2, 0)).save(folder / f"{number:04}.png")
    return folder


def pictures(folder: Path) -> list[Path]:
    found = sorted(file for file in folder.glob("*") if file.suffix.lower() in (".png", ".jpg", ".jpeg"))
    if len(found) < 2:
        fail(folder, "a folder of at least 2 PNG or JPEG pictures")
    return found


def picture(file: Path, size: tuple[int, int], mean: float, scale: float, order: str) -> np.ndarray:
    pixels = np.asarray(Image.open(file).convert("RGB").resize(size, Image.BILINEAR), np.float32)
    pixels = pixels[:, :, ::-1] if order == "BGR" else pixels
    return ((pixels - mean) * np.float32(scale)).transpose(2, 0, 1)[None].copy()


# --- The two quantizers ---------------------------------------------------------------------------


def ours(case: Case, out: Path, more: list[str]) -> Path:
    command = [MILLRACE, "quantize", case.model, "--out", out, "--max-drop", "100", "--even-if-slower", "--json"]
    done = subprocess.run([*command, *case.spec, *more], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr.strip())
    if json.loads(done.stdout)["precision"] != "int8":
        fail(done.stdout.strip(), "an int8 model")
    return out


def reference(case: Case, folder: Path) -> Path:
    """Raises what the reference raises."""
    model = onnx.load(plain(case.model, folder / "plain.onnx"))
    opset = next(entry.version for entry in model.opset_import if entry.domain == "")
    if opset < 13:
        model = onnx.version_converter.convert_version(model, 13)
    newer, prepared, out = folder / "newer.onnx", folder / "prepared.onnx", folder / "reference.onnx"
    onnx.save(model, newer)
    quant_pre_process(newer, prepared, skip_symbolic_shape=True)
    quantize_static(
        prepared,
        out,
        Batches(model.graph.input[0].name, case.calibration),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
    )
    return out


def plain(model_file: Path, out: Path) -> Path:
    """The model without weights among its inputs: ONNX Runtime neither folds nor packs those."""
    model = onnx.load(model_file)
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.ir_version = max(4, model.ir_version)
    onnx.save(model, out)
    return out


# --- Figures --------------------------------------------------------------------------------------


def session(model: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def outputs(runner: ort.InferenceSession, inputs: list[np.ndarray]) -> list[list[np.ndarray]]:
    name = runner.get_inputs()[0].name
    return [runner.run(None, {name: batch}) for batch in inputs]


def worst_sqnr(expected: list[list[np.ndarray]], actual: list[list[np.ndarray]]) -> float:
    """Signal to quantization noise of the worst output, in decibels, over all images."""
    figures = []
    for output in range(len(expected[0])):
        signal = sum(float(np.square(batch[output], dtype=np.float64).sum()) for batch in expected)
        noise = sum(
            float(np.square(one[output].astype(np.float64) - other[output]).sum())
            for one, other in zip(expected, actual)
        )
        figures.append(10 * math.log10(signal / max(noise, 1e-30)))
    return min(figures)


def best(answers: list[list[np.ndarray]]) -> np.ndarray | None:
    """The best label of each image, where the first output has one number a class."""
    if answers[0][0].ndim != 2:
        return None
    return np.concatenate([batch[0].argmax(-1) for batch in answers])


def share_equal(answers: list[list[np.ndarray]], expected: np.ndarray | None) -> float | None:
    labels = best(answers)
    return None if labels is None or expected is None else float(np.mean(labels == expected[: len(labels)]))


def speeds(runners: list[ort.InferenceSession], batch: np.ndarray) -> list[list[float]]:
    """Images per second of each in each round; all take turns, in another order each round."""
    chance = random.Random(1)
    found: list[list[float]] = [[] for _ in runners]
    for round_number in range(ROUNDS + 1):
        for at in chance.sample(range(len(runners)), len(runners)):
            name, times = runners[at].get_inputs()[0].name, []
            until = time.perf_counter() + ROUND_SECONDS
            while time.perf_counter() < until:
                before = time.perf_counter()
                runners[at].run(None, {name: batch})
                times.append(time.perf_counter() - before)
            if round_number > 0:
                found[at].append(len(batch) / statistics.median(times))
    return found


def figures(case: Case, models: dict[str, Path]) -> dict[str, Figures]:
    runners = {name: session(model) for name, model in models.items()}
    answers = {name: outputs(runner, case.test) for name, runner in runners.items()}
    pace = dict(zip(runners, speeds(list(runners.values()), case.test[0])))
    expected = best(answers["fp32"])
    return {
        name: Figures(
            models[name].stat().st_size,
            worst_sqnr(answers["fp32"], answers[name]),
            share_equal(answers[name], expected),
            share_equal(answers[name], case.labels),
            [mine / theirs for mine, theirs in zip(pace[name], pace["fp32"])],
        )
        for name in models
    }


def compare(case: Case) -> dict:
    with tempfile.TemporaryDirectory() as place:
        models = {"fp32": plain(case.model, Path(place) / "fp32.onnx")}
        for number, (name, more) in enumerate(OURS.items()):
            models[name] = ours(case, Path(place) / f"ours-{number}.onnx", more)
        failure = None
        try:
            models["reference"] = reference(case, Path(place))
        except Exception as e:  # Whatever it raises is its result.
            failure = f"{type(e).__name__}: {str(e).splitlines()[0]}"
        found = figures(case, models)
    answer = {"model": case.name, "reference_failed": failure}
    for name, of in found.items():
        answer[name] = {
            "bytes": of.bytes,
            "top1": of.right,
            "agreement": of.agreement,
            "sqnr_db": of.sqnr_db if name != "fp32" else None,
            "speed": statistics.median(of.speed),
            "speed_low": min(of.speed),
            "speed_high": max(of.speed),
        }
    if "reference" in found:
        against = [a / b for a, b in zip(found["ours"].speed, found["reference"].speed)]
        answer["speed_over_reference"] = statistics.median(against)
    return answer


# --- Command line ---------------------------------------------------------------------------------


def net_cases(arguments: argparse.Namespace, place: Path) -> list[Case]:
    import nets  # PyTorch takes its time, and only this needs it.

    images, _ = cifar100(arguments.images, "train")
    calibration, test = images[:256], images[40_000:40_512]
    folder = write_pictures(calibration, place / "pictures")
    mean, scale = 120, 1 / 64
    normalised = lambda pixels: (pixels.astype(np.float32) - mean) * np.float32(scale)
    spec = ["--calibrate", f"images:{folder}", "--mean", str(mean), "--scale", str(scale)]
    return [
        Case(file.stem, file, batches(normalised(calibration)), batches(normalised(test)), None, spec)
        for file in nets.export(place)
    ]


def classifier_cases(arguments: argparse.Namespace, place: Path) -> list[Case]:
    if arguments.images.is_dir():
        train, test, name = idx(arguments.images, "train"), idx(arguments.images, "t10k"), "fashion-mnist"
    else:
        train, test, name = cifar100(arguments.images, "train"), cifar100(arguments.images, "test"), "cifar100"
    spec = ["--calibrate", f"{name}:{arguments.images}"]
    return [
        Case(model.stem, model, batches(train[0][:512]), batches(test[0]), test[1], spec) for model in arguments.model
    ]


def detector_cases(arguments: argparse.Namespace, place: Path) -> list[Case]:
    size = tuple(int(side) for side in arguments.size.split("x"))
    if len(size) != 2:
        fail(arguments.size, "WIDTHxHEIGHT, such as 320x240")
    taken = lambda file: picture(file, size, arguments.mean, arguments.scale, arguments.channels)
    spec = ["--calibrate", f"images:{arguments.calibrate}", "--channels", arguments.channels]
    spec += ["--mean", str(arguments.mean), "--scale", str(arguments.scale)]
    calibration = [taken(file) for file in pictures(arguments.calibrate)]
    test = [taken(file) for file in pictures(arguments.images)]
    return [Case(model.stem, model, calibration, test, None, spec) for model in arguments.model]


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    of_nets = kinds.add_parser("nets", help="six nets with random weights, made here by PyTorch")
    of_nets.set_defaults(cases=net_cases)
    of_classifier = kinds.add_parser("classifier", help="models that `millrace export` wrote, on their test images")
    of_classifier.add_argument("model", type=Path, nargs="+")
    of_classifier.set_defaults(cases=classifier_cases)
    of_detector = kinds.add_parser("detector", help="any model of one float image, against its own fp32 outputs")
    of_detector.add_argument("model", type=Path, nargs="+")
    of_detector.add_argument("--calibrate", type=Path, required=True, help="folder of pictures to calibrate on")
    of_detector.add_argument("--size", required=True, help="WIDTHxHEIGHT that the model takes")
    of_detector.add_argument("--mean", type=float, default=0)
    of_detector.add_argument("--scale", type=float, default=1)
    of_detector.add_argument("--channels", choices=["RGB", "BGR"], default="RGB")
    of_detector.set_defaults(cases=detector_cases)
    for kind, what in (
        (of_nets, "CIFAR-100's binary archive"),
        (of_classifier, "CIFAR-100's binary archive, or Fashion-MNIST's folder"),
        (of_detector, "folder of pictures to compare on"),
    ):
        kind.add_argument("--images", type=Path, required=True, help=what)
        kind.add_argument("--json", action="store_true", help="one JSON object a model")
    arguments = parser.parse_args()
    for file in [*getattr(arguments, "model", []), arguments.images]:
        if not file.exists():
            fail(file, "an existing file or folder")
    return arguments


def percent(share: float | None, digits: int) -> str:
    return "" if share is None else f"{100 * share:.{digits}f} %"


def row(name: str, quantizer: str, of: dict) -> str:
    noise = "" if of["sqnr_db"] is None else f"{of['sqnr_db']:.1f} dB"
    same, top1 = percent(of["agreement"], 1), percent(of["top1"], 2)
    spread = f"{of['speed']:.2f}x ({of['speed_low']:.2f} to {of['speed_high']:.2f})"
    return f"{name:<20}{quantizer:<14}{noise:>8}{same:>11}{top1:>10}{spread:>23}{of['bytes']:>12,}"


def main() -> None:
    arguments = parsed()
    logging.disable(logging.CRITICAL)
    warnings.filterwarnings("ignore")
    ort.set_default_logger_severity(4)
    if not arguments.json:
        print(f"{'model':<20}{'quantizer':<14}{'noise':>8}{'as fp32':>11}{'top-1':>10}{'speed of fp32':>23}{'bytes':>12}")
    with tempfile.TemporaryDirectory() as place:
        for case in arguments.cases(arguments, Path(place)):
            found = compare(case)
            if arguments.json:
                print(json.dumps(found), flush=True)
                continue
            for quantizer in ("fp32", *OURS, "reference"):
                if quantizer in found:
                    print(row(case.name, quantizer, found[quantizer]), flush=True)
            if found["reference_failed"]:
                print(f"{case.name:<20}reference     {found['reference_failed'][:80]}", flush=True)
            else:
                print(f"{'':<20}ours over reference: {found['speed_over_reference']:.2f}x", flush=True)


if __name__ == "__main__":
    main()
