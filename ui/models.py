"""The sections of the page Models."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from xai_core import render, weights
from xai_core.classifiers import CLASSIFIERS
from xai_core.datasets import DATASETS
from xai_core.experiments import LEVELS, PUBLISHED
from xai_core.explainers import LayerHealth, list_layers
from xai_core.noise import NOISES
from xai_core.training import running

from . import cache, panels, state

HEALTHY_PICTURES = 32


def card(name: str, record: dict[str, Any]) -> None:
    """One trained model: figures, data, architecture, training curve, known weaknesses."""
    figures = record.get("figures", {})
    with st.container(horizontal=True):
        st.metric("Parameters", f"{record['parameters']:,}")
        if "accuracy" in figures:
            within = panels.interval(figures["interval"])
            st.metric("Accuracy", f"{figures['accuracy']:.1%}", help=f"95 % interval {within}")
        st.metric("Trained for", f"{record['epochs']} epochs")
        file = weights.models_dir() / record["file"]
        st.metric("File", f"{file.stat().st_size / 1e6:.1f} MB" if file.exists() else "missing")
    text = weights.models_dir() / f"{name}.md"
    if text.exists():
        st.markdown(text.read_text())
    for title, section in (
        ("Figures", _figures),
        ("Training curve", _curve),
        ("Architecture", _architecture),
        ("Health of the layers", _health),
        ("How it was made", _origin),
    ):
        with st.expander(title, expanded=title == "Figures"), panels.guard():
            section(name, record)


@st.fragment(run_every=3)
def in_training() -> None:
    """The curves of the runs that are going on, or were interrupted, on this machine."""
    for name, run in running().items():
        with st.expander(f"In training: {name}, epoch {run.epoch} of {run.epochs}"):
            st.progress(run.epoch / run.epochs, f"{run.seconds / 60:.0f} minutes so far")
            _curves(f"training-{name}", run.history, run.best_epoch)
            st.caption("An interrupted run goes on where it stopped:")
            st.code(f"python -m xai_core train {name}", language="bash")


def _figures(name: str, record: dict[str, Any]) -> None:
    figures = record.get("figures", {})
    if not figures:
        st.info(f"Not measured yet. Run: python -m xai_core evaluate {name}")
        return
    st.caption(f"Measured on {figures['split']}.")
    if "denoising" in figures:
        rows = figures["denoising"]
        st.dataframe(
            {
                "Noise": [NOISES.get(row["noise"]).label for row in rows],
                "Level": [row["level"] for row in rows],
                "Noisy (dB)": [row["psnr_noisy"] for row in rows],
                "Denoised (dB)": [row["psnr"] for row in rows],
                "SSIM": [row["ssim"] for row in rows],
                "Mean squared error": [row["mse"] for row in rows],
                "Equal pixels": [row["pixel_accuracy"] for row in rows],
            },
            column_config={
                "Noisy (dB)": st.column_config.NumberColumn(format="%.1f"),
                "Denoised (dB)": st.column_config.NumberColumn(format="%.1f", help="Mean PSNR of the single pictures."),
                "SSIM": st.column_config.NumberColumn(format="%.3f"),
                "Mean squared error": st.column_config.NumberColumn(format="%.4f"),
                "Equal pixels": st.column_config.NumberColumn(
                    format="percent", help="What Keras calls accuracy; no measure of quality."
                ),
            },
            hide_index=True,
        )
        st.caption(
            "Levels: sigma (Gaussian, Laplace) or amplitude (periodic) on the 0-255 scale, share of pixels (salt & pepper), "
            "photons at white (Poisson)."
        )
        return
    if "protocol" in figures:
        for name_of_set in dict.fromkeys(row["set"] for row in figures["protocol"]):
            _protocol(record["label"], name_of_set, [row for row in figures["protocol"] if row["set"] == name_of_set])
        st.caption(
            "Mean PSNR in dB. Gaussian noise of known sigma, neither clipped nor rounded; output clipped and rounded to 8 bit. "
            "Published figures from the authors' tables; two tables of the same network may differ by 0.1 dB."
        )
        return
    _report(figures)
    if record["kind"] == "detector":
        _confusions(figures)
    for key, other in figures.items():
        if key.startswith("also_"):
            st.markdown(f"**Also measured on {other['split']}**: accuracy {other['accuracy']:.1%}")
            _report(other)


def _protocol(label: str, name: str, rows: list[dict[str, Any]]) -> None:
    """PSNR of one set of pictures, measured here and published."""
    st.markdown(f"**{DATASETS.get(name).label}** ({rows[0]['pictures']:,} pictures)")
    published = PUBLISHED.get(name, {})
    measured = {row["level"]: row["psnr"] for row in rows}
    table: dict[str, list[Any]] = {"Denoiser": [f"{label}, measured here", *(f"{other}, published" for other in published)]}
    for index, level in enumerate(LEVELS):
        table[f"sigma {level:g}"] = [measured.get(level), *(values[index] for values in published.values())]
    columns = {title: st.column_config.NumberColumn(format="%.2f") for title in list(table)[1:]}
    st.dataframe(table, column_config=columns, hide_index=True, placeholder="–")


def _report(report: dict[str, Any]) -> None:
    st.markdown(f"Accuracy **{report['accuracy']:.2%}** (95 % interval {panels.interval(report['interval'])})")
    rows = report["classes"]
    percent = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        {
            "Class": [row["name"] for row in rows],
            "Precision": [row["precision"] for row in rows],
            "Recall": [row["recall"] for row in rows],
            "Specificity": [row.get("specificity") for row in rows],
            "F1": [row["f1"] for row in rows],
            "Support": [row["support"] for row in rows],
        },
        column_config={
            "Precision": percent,
            "Recall": st.column_config.NumberColumn(format="percent", help="Also called sensitivity."),
            "Specificity": percent,
            "F1": percent,
        },
        hide_index=True,
    )
    for key, title in (("groups", "By source"), ("subtypes", "By subtype")):
        kinds = report.get(key, {})
        if kinds:
            st.dataframe(
                {
                    title: list(kinds),
                    "Accuracy": [figures["accuracy"] for figures in kinds.values()],
                    "95 % interval": [panels.interval(figures.get("interval")) for figures in kinds.values()],
                    "Pictures": [figures["support"] for figures in kinds.values()],
                },
                column_config={"Accuracy": percent},
                hide_index=True,
            )


def _confusions(report: dict[str, Any]) -> None:
    """How often each kind was told for each: rows true, columns told."""
    names = [row["name"] for row in report["classes"]]
    told = {f"told {name}": [row[column] for row in report["confusion"]] for column, name in enumerate(names)}
    st.dataframe({"On the picture": names} | told, hide_index=True)


def _curve(name: str, record: dict[str, Any]) -> None:
    _curves(name, record["history"], record["epochs"])
    folds = record.get("cross_validation")
    if folds:
        shares = ", ".join(f"{share:.1%}" for share in folds["folds"])
        st.caption(
            f"Cross-validation on the training pictures, {len(folds['folds'])} folds: accuracy {folds['mean']:.1%} on average, "
            f"standard deviation {folds['deviation']:.1%} ({shares})."
        )


def _curves(key: str, history: list[dict[str, float]], best_epoch: int) -> None:
    for metric, title in (("loss", "Loss"), ("accuracy", "Accuracy"), ("kl", "KL divergence (nats a picture)")):
        if metric in history[0]:
            figure = render.training_curves(history, metric=metric, title=title, best_epoch=best_epoch or None)
            st.plotly_chart(figure, config=render.CONFIG, key=f"{metric}-{key}")


def _architecture(name: str, record: dict[str, Any]) -> None:
    model = weights.load(name)
    shapes = {layer.name: layer for layer in list_layers(model)}
    st.dataframe(
        {
            "Layer": [layer.name for layer in model.layers],
            "Kind": [type(layer).__name__ for layer in model.layers],
            "Output": [
                " x ".join(map(str, shapes[layer.name].shape)) if layer.name in shapes else "input" for layer in model.layers
            ],
            "Parameters": [weights.trained_numbers(layer) for layer in model.layers],
        },
        hide_index=True,
    )


def _health(name: str, record: dict[str, Any]) -> None:
    """What every layer says of 32 pictures, measured when asked for."""
    if record["kind"] == "detector":
        st.caption("For classifiers of pictures; this network takes spectra.")
        return
    if record["kind"] != "classifier":
        st.caption("For classifiers. A denoiser's layers are on the page Denoise, under Inside the network.")
        return
    st.markdown("Do the layers still say anything, and can they still learn? Measured on pictures the network was judged on.")
    if not state.control(st.toggle, f"Measure on {HEALTHY_PICTURES} pictures", f"health:{name}", False):
        return
    rows = cache.health(name, record["sha256"], _dataset(name), HEALTHY_PICTURES)
    st.dataframe(
        {
            "Layer": [row.layer.name for row in rows],
            "Size": [row.size for row in rows],
            "Silent channels": [row.silent for row in rows],
            "Variation": [row.variation for row in rows],
            "Gradient": [row.gradient for row in rows],
        },
        column_config={
            "Size": st.column_config.NumberColumn(format="%.3g", help="Root mean square of the layer's outputs."),
            "Silent channels": st.column_config.NumberColumn(format="percent", help="Channels that are 0 on all the pictures."),
            "Variation": st.column_config.NumberColumn(
                format="%.3g", help="How far the outputs differ from picture to picture, over their size. 0: the same for all."
            ),
            "Gradient": st.column_config.NumberColumn(
                format="%.3g", help="Norm of the gradient of the score (the logit) at this layer. 0: nothing here can move it."
            ),
        },
        hide_index=True,
    )
    st.caption(_reading(rows))


def _reading(rows: Sequence[LayerHealth]) -> str:
    """The table in one sentence."""
    stuck = next((row for row in rows if row.variation < 0.01), None)
    if stuck:
        return (
            f"From the layer {stuck.layer.name} on, the network says the same of every picture: whatever its accuracy, it has "
            "not learned to tell them apart."
        )
    silent = max(rows, key=lambda row: row.silent)
    return (
        f"Every layer tells the pictures apart. The layer with most silent channels is {silent.layer.name}: {silent.silent:.0%}."
    )


def _dataset(name: str) -> str:
    """The data set a classifier is shown on: the first it knows that is on this machine."""
    known: tuple[str, ...] = CLASSIFIERS.get(name).supports["datasets"]
    return next((dataset for dataset in known if cache.origin(dataset)), known[0])


def _origin(name: str, record: dict[str, Any]) -> None:
    st.markdown(
        f"- Data: {'; '.join(record['data'])}\n- Start: {record.get('start', 'untrained')}\n"
        f"- Seed {record['seed']}, batches of {record['batch']}, {record['steps']:,} steps, {record['minutes']:.0f} minutes\n"
        f"- Backend: {record['backend']}\n- sha256 of the weights: `{record['sha256']}`"
    )
    st.caption("Train it again:")
    st.code(f"python -m xai_core train {name}\npython -m xai_core evaluate {name}", language="bash")
