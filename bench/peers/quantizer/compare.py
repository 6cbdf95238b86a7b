"""Millrace's quantizer beside ONNX Runtime's Python quantizer, on the same models and the same images.

Both calibrate on the very same pictures, and no others: ours reads them as PNG files. What a quantized
model loses is measured on other images, against fp32; its speed in one thread, in turns with the others,
by processor time, so that whatever else runs on the machine counts as little as it can.

The reference is quantize_static as its documentation recommends for x86: quant_pre_process, QDQ, uint8
activations, int8 weights per channel, MinMax. Ours is `./millrace quantize`, three times:

  minmax     int8 at any price, MinMax: like for like (7-bit weights, unless 8 are 0.2 point better)
  8 bits     the same with full-range weights, as the reference has them
  defaults   what it makes without any option; that may be fp32, where int8 loses too much or is slow
"""

import argparse
import contextlib
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
import textwrap
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

MILLRACE = Path(__file__).resolve().parents[3] / "millrace"
ANY_PRICE = ["--method", "minmax", "--max-drop", "100", "--even-if-slower"]
OURS = {"minmax": ANY_PRICE, "8 bits": [*ANY_PRICE, "--weights", "8"], "defaults": []}
BATCH = 8
LEAST_ROUNDS = 5
NETS = ["mobilenet-v2", "mobilenet-v3", "densenet", "u-net", "attention", "shared-head"]
SECONDS_A_ROUND = 0.7
RUNS_A_TURN = 3
LEAST_OPSET = 13  # Per-channel scales need it.
WIDTH = 100

Outputs = list[list[np.ndarray]]


class Pixels(NamedTuple):
    """A float model takes (pixel - mean) x scale."""

    mean: list[float]
    scale: list[float]
    channels: str


class Case(NamedTuple):
    """A model and its images, uint8 [n, channels, height, width] in RGB; labels are those of the test images."""

    model: Path
    pixels: Pixels
    calibration: np.ndarray
    calibration_labels: np.ndarray | None
    test: np.ndarray
    test_labels: np.ndarray | None


def fail(value: object, expected: str) -> NoReturn:
    sys.exit(f"compare: {value} (expected: {expected})")


def first_line(e: Exception) -> str:
    return f"{type(e).__name__}: {(str(e).strip().splitlines() or [''])[0]}"


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text:<79.79}", end="" if text else "\r", file=sys.stderr, flush=True)


# --- Images ---------------------------------------------------------------------------------------


def cifar100(archive: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Images and fine labels of `train` or `test` in the binary archive."""
    try:
        with tarfile.open(archive) as tar:
            member = next((entry for entry in tar if entry.name.endswith(f"/{part}.bin")), None)
            content = b"" if member is None else tar.extractfile(member).read()
    except (tarfile.TarError, EOFError, OSError) as e:
        fail(f"{archive}: {first_line(e)}", "CIFAR-100's binary archive")
    if not content or len(content) % 3074:
        fail(f"{archive}: {len(content)} bytes of {part}.bin", "CIFAR-100's binary archive, 3,074 bytes an image")
    records = np.frombuffer(content, np.uint8).reshape(-1, 3074)
    return records[:, 2:].reshape(-1, 3, 32, 32), records[:, 1].astype(int)


def idx_file(folder: Path, name: str) -> np.ndarray:
    """The array in an IDX file of bytes, gzipped or not."""
    file = next((found for found in (folder / f"{name}.gz", folder / name) if found.is_file()), None)
    if file is None:
        fail(folder / f"{name}.gz", "the four files of Fashion-MNIST or MNIST in this folder")
    try:
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        axes = content[3]
        shape = np.frombuffer(content, ">i4", axes, 4)
        return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)
    except (OSError, EOFError, ValueError, IndexError) as e:
        fail(f"{file}: {e}", "an IDX file of bytes")


def idx(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Grey images and labels; `part` is `train` or `t10k`."""
    return idx_file(folder, f"{part}-images-idx3-ubyte")[:, None], idx_file(folder, f"{part}-labels-idx1-ubyte").astype(int)


def pictures(folder: Path, size: tuple[int, int]) -> np.ndarray:
    """All PNG and JPEG files of a folder, by name, brought to one size of width and height."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in (".png", ".jpg", ".jpeg"))
    return np.stack([picture(file, size) for file in files]) if files else np.empty((0, 3, *size[::-1]), np.uint8)


def picture(file: Path, size: tuple[int, int]) -> np.ndarray:
    try:
        return np.asarray(Image.open(file).convert("RGB").resize(size, Image.BILINEAR)).transpose(2, 0, 1)
    except OSError as e:
        fail(f"{file}: {e}", "a PNG or JPEG picture")


def write_pictures(images: np.ndarray, labels: np.ndarray | None, folder: Path) -> None:
    """As `folder:DIR` wants them: a folder a label, and the same pictures for training, validation and test."""
    for number, image in enumerate(images):
        label = folder / "train" / str(0 if labels is None else labels[number])
        label.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0)).save(label / f"{number:05}.png")
    for part in ("validation", "test"):
        (folder / part).symlink_to(folder / "train", target_is_directory=True)


# --- Models ---------------------------------------------------------------------------------------


def load(file: Path) -> onnx.ModelProto:
    """The model without weights among its inputs: ONNX Runtime neither folds nor packs those."""
    try:
        model = onnx.load(file)
        weights = {tensor.name for tensor in model.graph.initializer}
        inputs = [value for value in model.graph.input if value.name not in weights]
    except Exception as e:  # Protobuf and its wrappers raise many kinds.
        fail(f"{file}: {first_line(e)}", "an ONNX model")
    if len(inputs) != 1 or len(inputs[0].type.tensor_type.shape.dim) != 4:
        fail(f"{file}: inputs {[value.name for value in inputs]}", "one image input, [n, channels, height, width]")
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.ir_version = max(4, model.ir_version)
    return model


def input_shape(model: onnx.ModelProto) -> list[int]:
    """The dimensions of its input; 0 where one is free."""
    return [axis.dim_value for axis in model.graph.input[0].type.tensor_type.shape.dim]


def metadata(model: onnx.ModelProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in model.metadata_props}


def numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


def pixels_of(model: onnx.ModelProto, otherwise: Pixels) -> Pixels:
    """As the metadata of a model of Millrace's say."""
    said = metadata(model)
    return Pixels(
        numbers(said["millrace.input.mean"]) if "millrace.input.mean" in said else otherwise.mean,
        numbers(said["millrace.input.scale"]) if "millrace.input.scale" in said else otherwise.scale,
        said.get("millrace.input.channel-order", otherwise.channels),
    )


def batches(model: onnx.ModelProto, images: np.ndarray, pixels: Pixels) -> list[np.ndarray]:
    """The images as the model takes them. What does not fill a batch is left out."""
    size = input_shape(model)[0] or BATCH
    parts = [images[at : at + size] for at in range(0, len(images) - size + 1, size)]
    if model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8:
        return [np.ascontiguousarray(part) for part in parts]
    mean, scale = (np.array(values, np.float32).reshape(-1, 1, 1) for values in pixels[:2])
    order = slice(None, None, -1 if pixels.channels == "BGR" else 1)
    return [np.ascontiguousarray((part[:, order].astype(np.float32) - mean) * scale) for part in parts]


def session(model: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


# --- The two quantizers ---------------------------------------------------------------------------


class Batches(CalibrationDataReader):
    """Hands calibration batches to the reference."""

    def __init__(self, name: str, parts: list[np.ndarray]):
        self.rest: Iterator[dict[str, np.ndarray]] = iter([{name: part} for part in parts])

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.rest, None)


def reference(case: Case, model: onnx.ModelProto, folder: Path) -> tuple[Path, str]:
    """The int8 model of the reference and a note. Raises whatever it raises."""
    parts = batches(model, case.calibration, case.pixels)
    opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    newer, prepared, out = (folder / f"reference-{name}.onnx" for name in ("newer", "prepared", "int8"))
    onnx.save(model if opset >= LEAST_OPSET else onnx.version_converter.convert_version(model, LEAST_OPSET), newer)
    note = "" if opset >= LEAST_OPSET else f"brought from opset {opset} to {LEAST_OPSET} for it"
    with contextlib.chdir(folder):  # It leaves files where it works.
        try:
            quant_pre_process(newer, prepared)
        except Exception as e:
            note = f"prepared without symbolic shapes ({first_line(e)})"
            quant_pre_process(newer, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            out,
            Batches(model.graph.input[0].name, parts),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
    return out, note


def ours(case: Case, model: onnx.ModelProto, folder: Path, name: str) -> tuple[Path, str]:
    """The model that `millrace quantize` writes and a note. Raises RuntimeError with its message."""
    out = folder / f"ours-{name.replace(' ', '-')}.onnx"
    command = [MILLRACE, "quantize", case.model, "--out", out, "--json", "--calibrate", f"folder:{folder / 'pictures'}"]
    command += ["--images", str(len(case.calibration)), *OURS[name]]
    if "millrace.input.mean" not in metadata(model):
        for option, values in (("--mean", case.pixels.mean), ("--scale", case.pixels.scale)):
            command += [option, ",".join(map(repr, values))]
        command += ["--channels", case.pixels.channels]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip() or f"exit code {done.returncode}")
    report = json.loads(done.stdout)
    if report["precision"] == "fp32":
        return out, report["reason"]
    costly = sum(node["reason"].startswith("too costly") for node in report["kept_fp32"])
    return out, report["weights"] + " weights" + (f", {costly} nodes kept in fp32 as too costly" if costly else "")


# --- Figures --------------------------------------------------------------------------------------


def outputs(runner: ort.InferenceSession, inputs: list[np.ndarray]) -> Outputs:
    name = runner.get_inputs()[0].name
    return [runner.run(None, {name: batch}) for batch in inputs]


def worst_sqnr(expected: Outputs, actual: Outputs) -> float | None:
    """Signal to quantization noise of the worst output over all images, in decibels; None: no noise."""

    def power(output: int, noise: bool) -> float:
        differences = (e[output] - a[output].astype(np.float64) * noise for e, a in zip(expected, actual))
        return sum(float(np.square(difference, dtype=np.float64).sum()) for difference in differences)

    found = [(power(output, False), power(output, True)) for output in range(len(expected[0]))]
    noisy = [10 * math.log10(max(signal, 1e-30) / noise) for signal, noise in found if noise > 0]
    return min(noisy, default=None)


def best(answers: Outputs) -> np.ndarray | None:
    """The best label of each image, where the model has logits for its only output."""
    if len(answers[0]) != 1 or answers[0][0].ndim != 2:
        return None
    return np.concatenate([batch[0].argmax(1) for batch in answers])


def same(answers: np.ndarray | None, others: np.ndarray | None) -> float | None:
    """The share of equal labels."""
    return None if answers is None or others is None else float(np.mean(answers == others[: len(answers)]))


def speeds(runners: dict[str, ort.InferenceSession], batch: np.ndarray, rounds: int) -> dict[str, list[float]]:
    """Images per second of each model in each round, by its median run. The first round warms up."""
    chance = random.Random(1)
    found = [one_round(runners, batch, chance) for _ in range(rounds + 1)][1:]
    return {name: [pace[name] for pace in found] for name in runners}


def one_round(runners: dict[str, ort.InferenceSession], batch: np.ndarray, chance: random.Random) -> dict[str, float]:
    """All take short turns, in another order each time, so that what disturbs the machine disturbs all alike."""
    times: dict[str, list[float]] = {name: [] for name in runners}
    until = time.process_time() + SECONDS_A_ROUND * len(runners)
    while time.process_time() < until:
        for name in chance.sample(list(runners), len(runners)):
            times[name] += turn(runners[name], batch)
    return {name: len(batch) / statistics.median(runs) for name, runs in times.items()}


def turn(runner: ort.InferenceSession, batch: np.ndarray) -> list[float]:
    """Seconds of processor time of a few runs, after one that brings the model back into the caches."""
    feed, times = {runner.get_inputs()[0].name: batch}, []
    for _ in range(RUNS_A_TURN + 1):
        before = time.process_time()
        runner.run(None, feed)
        times.append(time.process_time() - before)
    return times[1:]


def ratio(ones: list[float], others: list[float] | None) -> dict[str, float] | None:
    """Of speeds measured in the same rounds."""
    if others is None:
        return None
    rounds = [one / other for one, other in zip(ones, others)]
    return {"median": statistics.median(rounds), "low": min(rounds), "high": max(rounds)}


def figures(case: Case, model: onnx.ModelProto, files: dict[str, Path], rounds: int) -> dict[str, dict]:
    """What each model does on the test images; `fp32` is among them."""
    inputs = batches(model, case.test, case.pixels)
    runners = {name: session(file) for name, file in files.items()}
    answers = {name: outputs(runner, inputs) for name, runner in runners.items()}
    labels = {name: best(answer) for name, answer in answers.items()}
    pace = speeds(runners, inputs[0], rounds)
    return {
        name: {
            "bytes": files[name].stat().st_size,
            "sqnr_db": worst_sqnr(answers["fp32"], answers[name]),
            "agreement": same(labels[name], labels["fp32"]),
            "top1": same(labels[name], case.test_labels),
            "images_per_second": statistics.median(pace[name]),
            "speed_over_fp32": ratio(pace[name], pace["fp32"]),
            "speed_over_reference": ratio(pace[name], pace.get("reference")),
        }
        for name in files
    }


def compare(case: Case, rounds: int) -> dict:
    """Quantizes by both, and measures. A quantizer that fails has `failed` in the place of figures."""
    with tempfile.TemporaryDirectory() as place:
        folder, model = Path(place), load(case.model)
        require_images(case, model)
        write_pictures(case.calibration, case.calibration_labels, folder / "pictures")
        files, notes, failed = {"fp32": folder / "fp32.onnx"}, {}, {}
        onnx.save(model, files["fp32"])
        makers = {name: lambda name=name: ours(case, model, folder, name) for name in OURS}
        for name, make in {**makers, "reference": lambda: reference(case, model, folder)}.items():
            progress(f"{case.model.stem}: {name}")
            try:
                files[name], notes[name] = make()
            except Exception as e:  # Whatever a quantizer raises is its result.
                failed[name] = {"failed": str(e) if name in OURS else first_line(e)}
        progress(f"{case.model.stem}: measuring")
        found = figures(case, model, files, rounds)
    progress("")
    for name, note in notes.items():
        found[name]["note"] = note or None
    return {
        "model": case.model.stem,
        "calibration_images": len(case.calibration),
        "test_images": len(case.test),
        "results": {**found, **failed},
    }


def require_images(case: Case, model: onnx.ModelProto) -> None:
    wanted = input_shape(model)
    size = wanted[0] or BATCH
    for images, what in ((case.calibration, "calibration"), (case.test, "test")):
        if len(images) < max(2, size):
            fail(f"{what} images: {len(images)}", f"at least {max(2, size)} for {case.model}")
        if any(axis not in (0, side) for axis, side in zip(wanted[1:], images.shape[1:])):
            fail(f"images: {list(images.shape[1:])}", f"{wanted[1:]} for {case.model}")


# --- Cases ----------------------------------------------------------------------------------------


def net_cases(arguments: argparse.Namespace, place: Path) -> Iterator[Case]:
    images, _ = cifar100(arguments.images, "train")
    calibration, test = images[:256], images[256:768]
    progress("making the nets")
    import nets  # PyTorch takes its time, and only this needs it.

    for model in nets.export(place):
        if model.stem not in (arguments.only or [model.stem]):
            continue
        yield Case(model, Pixels([120.0], [1 / 64], "RGB"), calibration, None, test, None)


def classifier_cases(arguments: argparse.Namespace, place: Path) -> Iterator[Case]:
    if arguments.images.is_dir():
        train, test = idx(arguments.images, "train"), idx(arguments.images, "t10k")
    else:
        train, test = cifar100(arguments.images, "train"), cifar100(arguments.images, "test")
    for file in arguments.model:
        pixels = pixels_of(load(file), Pixels([0.0], [1.0], "RGB"))
        yield Case(file, pixels, train[0][: arguments.calibration], train[1][: arguments.calibration], *test)


def detector_cases(arguments: argparse.Namespace, place: Path) -> Iterator[Case]:
    pixels = Pixels(arguments.mean, arguments.scale, arguments.channels)
    images = pictures(arguments.images, arguments.size)
    held_out = np.arange(len(images)) % 4 == 3
    calibration = images if arguments.test else images[~held_out]
    test = pictures(arguments.test, arguments.size) if arguments.test else images[held_out]
    for file in arguments.model:
        yield Case(file, pixels_of(load(file), pixels), calibration, None, test, None)


# --- Command line ---------------------------------------------------------------------------------


def size_of(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"{text} (expected: WIDTHxHEIGHT, such as 320x240)")
    return int(width), int(height)


def numbers_of(text: str) -> list[float]:
    try:
        return numbers(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} (expected: numbers, comma separated)") from None


def count_from(least: int) -> Callable[[str], int]:
    def count_of(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} (expected: a number from {least})")
        return int(text)

    return count_of


def existing(text: str) -> Path:
    if not Path(text).exists():
        raise argparse.ArgumentTypeError(f"{text} (expected: an existing file or folder)")
    return Path(text)


def folder_of(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text} (expected: an existing folder)")
    return Path(text)


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"compare: {message}\n")


def parser() -> argparse.ArgumentParser:
    common = OneLineParser(add_help=False)
    common.add_argument("--rounds", type=count_from(LEAST_ROUNDS), default=7, metavar="N", help="of timing in turns (default: 7)")
    common.add_argument("--json", action="store_true", help="print one JSON object, nothing else, on stdout")
    models = OneLineParser(add_help=False)
    models.add_argument("model", type=existing, nargs="+", metavar="MODEL", help="fp32 ONNX file")

    whole = OneLineParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = whole.add_subparsers(required=True, metavar="KIND")
    nets = kinds.add_parser("nets", parents=[common], help="six small PyTorch nets with random weights")
    nets.add_argument("--images", type=existing, required=True, metavar="FILE", help="CIFAR-100's binary archive")
    nets.add_argument("--only", nargs="+", choices=NETS, metavar="NET", help="of " + ", ".join(NETS))
    nets.set_defaults(cases=net_cases)

    classifier = kinds.add_parser("classifier", parents=[common, models], help="models that `millrace export` wrote")
    place = "CIFAR-100's binary archive, or the folder of Fashion-MNIST's four files"
    classifier.add_argument("--images", type=existing, required=True, metavar="PLACE", help=place)
    count = "training images to calibrate on (default: 512)"
    classifier.add_argument("--calibration", type=count_from(2), default=512, metavar="N", help=count)
    classifier.set_defaults(cases=classifier_cases)

    detector = kinds.add_parser("detector", parents=[common, models], help="any model of one image, beside its fp32 self")
    detector.add_argument("--images", type=folder_of, required=True, metavar="DIR", help="pictures to calibrate on")
    other = "pictures to compare on (default: every fourth of --images, which then calibrates nothing)"
    detector.add_argument("--test", type=folder_of, metavar="DIR", help=other)
    detector.add_argument("--size", type=size_of, required=True, metavar="WxH", help="that the model takes: 320x240")
    detector.add_argument("--mean", type=numbers_of, default=[0.0], metavar="X[,X...]", help="it takes (pixel - mean)")
    detector.add_argument("--scale", type=numbers_of, default=[1.0], metavar="X[,X...]", help="x scale (default: 0, 1)")
    detector.add_argument("--channels", choices=["RGB", "BGR"], default="RGB", help="(default: RGB)")
    detector.set_defaults(cases=detector_cases)
    return whole


def row(name: str, of: dict) -> str:
    if "failed" in of:
        return textwrap.fill(f"{name:<10}failed: {of['failed']}", WIDTH, subsequent_indent=" " * 18)

    def shown(value: float | None, form: str) -> str:
        return "" if value is None else format(value, form)

    def spread(of: dict | None) -> str:
        return "" if of is None else f"{of['median']:.2f} ({of['low']:.2f} to {of['high']:.2f})"

    shares = f"{shown(of['agreement'], '.2%'):>10}{shown(of['top1'], '.2%'):>9}"
    paces = f"{of['images_per_second']:>9,.0f}{spread(of['speed_over_fp32']):>22}{spread(of['speed_over_reference']):>22}"
    return f"{name:<10}{shown(of['sqnr_db'], '.1f'):>7}{shares}{paces}{of['bytes']:>11,}"


def show(found: dict) -> None:
    print(f"{found['model']}, calibrated on {found['calibration_images']:,} images, compared on {found['test_images']:,}")
    heads = f"{'as fp32':>10}{'top-1':>9}{'images/s':>9}{'times fp32':>22}{'times reference':>22}{'bytes':>11}"
    print(f"{'':<10}{'dB':>7}{heads}")
    for name, of in found["results"].items():
        print(row(name, of))
    for name, of in found["results"].items():
        if of.get("note"):
            print(textwrap.fill(f"{name}: {of['note']}", WIDTH))
    print(flush=True)


def main() -> None:
    arguments = parser().parse_args()
    logging.disable(logging.CRITICAL)
    warnings.filterwarnings("ignore")
    ort.set_default_logger_severity(4)
    if subprocess.run([MILLRACE, "--version"], stdout=subprocess.DEVNULL).returncode:  # Builds it, where need be.
        fail(MILLRACE, "a checkout that builds")
    found = []
    with tempfile.TemporaryDirectory() as place:
        for case in arguments.cases(arguments, Path(place)):
            found.append(compare(case, arguments.rounds))
            if not arguments.json:
                show(found[-1])
    if arguments.json:
        print(json.dumps({"onnxruntime": ort.__version__, "rounds": arguments.rounds, "models": found}))


if __name__ == "__main__":
    main()
