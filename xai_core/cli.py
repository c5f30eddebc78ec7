"""The command line: python -m xai_core datasets | models | train NAME | evaluate NAME | export NAME | sweep NAME | bench WHAT."""

import argparse
import json
import sys
from collections.abc import Sequence

from .errors import NoiseLensError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. A user's mistake prints one sentence, never a traceback."""
    parser = argparse.ArgumentParser(prog="python -m xai_core", description="NoiseLens on the command line.")
    commands = parser.add_subparsers(dest="command", required=True)
    datasets = commands.add_parser("datasets", help="which data sets are here; download those that can be")
    datasets.add_argument("--download", metavar="NAME", help="download this data set into the data folder")
    commands.add_parser("models", help="the trained models and their figures")
    train = commands.add_parser("train", help="train a model from scratch; goes on where an interrupted run stopped")
    train.add_argument("name")
    train.add_argument("--epochs", type=int, help="fewer than the recipe's, for a trial")
    train.add_argument("--further", action="store_true", help="start from the trained weights instead of new ones")
    train.add_argument("--folds", type=int, help="cross-validate instead: train so many times, each time without one part")
    evaluate = commands.add_parser("evaluate", help="measure a model on its complete test or val split, into the manifest")
    evaluate.add_argument("name")
    export = commands.add_parser("export", help="a trained model as files: architecture, weights, figures, feature maps")
    export.add_argument("name")
    export.add_argument("--folder", metavar="FOLDER", help="where they go (default: exports/NAME)")
    bench = commands.add_parser(
        "bench",
        help="denoisers beside the published figures; explainers beside other libraries or on known evidence; "
        "shortcuts: what the galaxy pictures tell without the galaxy; labels: which of them all classifiers contradict; "
        "curve: accuracy over the number of training pictures; cnn1: the failure of the slides' first network; "
        "noise-split: where an autoencoder and a U-Net remove the noise; noise-kinds: the kind of noise, told rightly how often; "
        "noise-pool: how much the classical detector counts in that; "
        "castings: the denoiser chosen by the kind; inspection: defects before and after; diffusion: samples and their spread; "
        "cifar10: a classifier on what was denoised, variational denoisers beside others, classes in latent maps",
    )
    bench.add_argument(
        "what",
        choices=[
            "denoisers",
            "explainers",
            "planted",
            "shortcuts",
            "labels",
            "curve",
            "cnn1",
            "noise-split",
            "noise-kinds",
            "noise-pool",
            "castings",
            "inspection",
            "diffusion",
            "cifar10",
        ],
    )
    bench.add_argument(
        "--set", default="bsd68", metavar="NAME", help="data set, for instance bsd68, set12, cbsd68, fashion_mnist"
    )
    bench.add_argument("--levels", type=float, nargs="+", default=[15, 25, 50], help="sigma, 0-255 scale")
    bench.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="NAME",
        help="these denoisers, methods (planted, explainers) or classifiers (labels, inspection); default: all that apply",
    )
    bench.add_argument(
        "--limit",
        type=int,
        default=0,
        help="only so many pictures (default: all; planted: 50, shortcuts: 200, noise-split: 1000)",
    )
    bench.add_argument("--folds", type=int, default=4, help="for inspection: parts into which the photographs are dealt")
    bench.add_argument("--side", type=int, default=300, help="for cnn1: pixels of a picture")
    bench.add_argument("--csv", metavar="FILE", help="write the table (default for denoisers: bench-SET.csv)")
    bench.add_argument("--network", default="galaxy-cnn2", help="for explainers: galaxy-cnn2 or resnet50")
    bench.add_argument("--repeats", type=int, default=5, help="for explainers: rounds whose medians are taken")
    bench.add_argument("--seed", type=int, default=0, help="for planted, shortcuts and curve: of all that is random")
    bench.add_argument(
        "--classifier", help="for shortcuts (default: galaxy-cnn2), curve (galaxy-vgg16) and cifar10 (cnn-cifar10)"
    )
    bench.add_argument("--markdown", action="store_true", help="for planted and noise-split: print the table of the docs")
    sweep = commands.add_parser(
        "sweep", help="an experiment: accuracy over noise, denoisers and classifiers; goes on where it stopped"
    )
    sweep.add_argument("preset", help="small, drift, b5, robustness or c2")
    sweep.add_argument("--dataset", metavar="NAME", help="for small and drift: in place of the simulated galaxies")
    sweep.add_argument("--classifier", nargs="+", default=[], metavar="NAME", help="in place of the experiment's own")
    sweep.add_argument("--limit", type=int, default=0, help="only so many pictures, drawn once and for all")
    sweep.add_argument("--folder", metavar="FOLDER", help="where the results go (default: runs/experiments/NAME-KEY)")
    sweep.add_argument("--csv", metavar="FILE", help="write all rows as text, too")
    given = parser.parse_args(arguments)
    try:
        _run(given)
    except NoiseLensError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        what = "piece" if given.command == "sweep" else "epoch"
        print(f"\nStopped. The same command goes on after the last finished {what}.", file=sys.stderr)
        return 130
    return 0


def _run(given: argparse.Namespace) -> None:
    if given.command == "datasets" and given.download:
        from .datasets import download

        download(given.download, lambda share: print(f"\r{given.download}: {share:.0%}", end="", flush=True))
        print()
    elif given.command == "datasets":
        _datasets()
    elif given.command == "models":
        _models()
    elif given.command == "train":
        from .training import cross_validate, export, get_recipe, train

        recipe = get_recipe(given.name)
        if given.folds is not None:
            summary = cross_validate(recipe, given.folds, epochs=given.epochs)
            print(f"{given.name}: accuracy {summary['mean']:.2%}, {summary['deviation']:.2%} standard deviation of the folds.")
            return
        record = train(recipe, epochs=given.epochs, further=given.further)
        print(f"{given.name}: best epoch {record['epochs']}, {record['minutes']} minutes.")
        print(f"Architecture, weights and figures: {export(given.name)[0].parent}")
        print(f"Now: python -m xai_core evaluate {given.name}")
    elif given.command == "export":
        from pathlib import Path

        from .training import export

        for file in export(given.name, Path(given.folder) if given.folder else None):
            print(file)
    elif given.command == "bench":
        _bench(given)
    elif given.command == "sweep":
        _sweep(given)
    elif given.command == "evaluate":
        from .experiments import evaluate

        print(json.dumps(evaluate(given.name), indent=1))


def _bench(given: argparse.Namespace) -> None:
    if given.what == "denoisers":
        from pathlib import Path

        from .experiments import bench_denoisers, write_csv

        rows = bench_denoisers(given.set, given.only, given.levels, limit=given.limit)
        path = Path(given.csv or f"bench-{given.set}.csv")
        write_csv(rows, path)
        print(f"Written to {path}.")
    elif given.what == "explainers":
        from .experiments.bench_explainers import bench_explainers

        bench_explainers(given.network, repeats=given.repeats, only=given.only)
    elif given.what == "planted":
        _planted(given)
    elif given.what == "shortcuts":
        from .shortcuts import bench_shortcuts

        names = bench_shortcuts(given.classifier or "galaxy-cnn2", pictures=given.limit, seed=given.seed)
        print("Written to " + " and ".join(f"assets/measured/{name}.json" for name in names) + ".")
    elif given.what == "labels":
        from .experiments.labels import bench_labels

        bench_labels(names=given.only)
    elif given.what == "curve":
        from .experiments.learning_curve import bench_learning_curve

        bench_learning_curve(given.classifier or "galaxy-vgg16", seed=given.seed)
    elif given.what == "noise-split":
        from .experiments.noise_split import bench_noise_split, noise_split_markdown

        shares = bench_noise_split(count=given.limit or 1000, seed=given.seed)
        if given.markdown:
            print(noise_split_markdown(shares))
    elif given.what == "noise-kinds":
        from .experiments.noise_kinds import bench_noise_kinds

        bench_noise_kinds(limit=given.limit, seed=given.seed)
    elif given.what == "noise-pool":
        from .experiments.noise_pool import bench_noise_pool

        bench_noise_pool(limit=given.limit, seed=given.seed)
    elif given.what == "castings":
        from .experiments.castings import bench_castings

        bench_castings(limit=given.limit, seed=given.seed)
    elif given.what == "diffusion":
        from .experiments.diffusion import bench_diffusion

        bench_diffusion(limit=given.limit, seed=given.seed)
    elif given.what == "cifar10":
        from .experiments.cifar10 import bench_cifar10

        bench_cifar10(given.classifier or "cnn-cifar10", limit=given.limit, seed=given.seed)
    elif given.what == "inspection":
        from .experiments.inspection import bench_inspection

        bench_inspection(given.only, folds=given.folds, seed=given.seed)
    elif given.what == "cnn1":
        from .experiments.collapse import bench_collapse

        bench_collapse(given.side, given.limit or 100, seed=given.seed)


def _planted(given: argparse.Namespace) -> None:
    from pathlib import Path

    from .experiments import PlantedRow, planted_markdown, planted_table, write_csv

    progress = sys.stderr if given.markdown else sys.stdout
    table = planted_table(given.limit or 50, given.only, seed=given.seed, report=lambda line: print(line, file=progress))
    if given.markdown:
        print(planted_markdown(table))
    if given.csv:
        write_csv(table.rows, Path(given.csv), PlantedRow)
        print(f"Written to {given.csv}.", file=progress)


def _sweep(given: argparse.Namespace) -> None:
    from pathlib import Path

    from .experiments import folder_of, get_preset, grid_of, load_results, run, usual_scene
    from .experiments.results import keep, table_lines, to_csv

    preset = get_preset(given.preset)
    grid = grid_of(preset, usual_scene(given.dataset), classifiers=tuple(given.classifier), images=given.limit)
    folder = Path(given.folder) if given.folder else folder_of(grid, preset.name)
    print(
        f"{preset.summary}\n{grid.scene.dataset} {grid.split}, classifier {', '.join(grid.classifiers)}, seed {grid.scene.seed}"
    )
    run(grid, folder, lambda status: print(f"\r{status}\033[K", end="", flush=True))
    results = load_results(folder)
    print("\n" + "\n".join(table_lines(results, preset.published)))
    if preset.source:
        print(f"Published: {preset.source}.")
    print(f"Results: {folder}")
    if preset.dataset and not given.limit:  # of a whole split: worth a place on the page Published
        names = f" --classifier {' '.join(given.classifier)}" if given.classifier else ""
        print(f"Kept in {keep(preset.name, results, f'python -m xai_core sweep {preset.name}{names}')}.")
    if given.csv:
        Path(given.csv).write_bytes(to_csv(results))
        print(f"Written to {given.csv}.")


def _datasets() -> None:
    from .datasets import DATASETS, load_dataset

    for spec in DATASETS:
        try:
            dataset = load_dataset(spec.name)
            print(f"{spec.name:20} {len(dataset):6} pictures  {dataset.provenance.origin}: {dataset.provenance.path}")
        except NoiseLensError as error:
            print(f"{spec.name:20} {error}")


def _models() -> None:
    from .weights import read_manifest

    for name, record in read_manifest().items():
        figures = record.get("figures", {})
        accuracy = f"accuracy {figures['accuracy']:.2%}" if "accuracy" in figures else ""
        print(f"{name:20} {record.get('kind', ''):10} {record.get('parameters', 0):>10,} parameters  {accuracy}")
