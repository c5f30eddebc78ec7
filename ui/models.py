"""The sections of the page Models."""

from typing import Any

import streamlit as st

from xai_core import render, weights
from xai_core.datasets import DATASETS
from xai_core.experiments import LEVELS, PUBLISHED
from xai_core.explainers import list_layers

from . import panels

NOISE_WORDS = {"gaussian": "Gaussian", "salt_pepper": "Salt & pepper", "laplace": "Laplace", "poisson": "Poisson"}


def card(name: str, record: dict[str, Any]) -> None:
    """One trained model: figures, data, architecture, training curve, known weaknesses."""
    figures = record.get("figures", {})
    with st.container(horizontal=True):
        st.metric("Parameters", f"{record['parameters']:,}")
        if "accuracy" in figures:
            low, high = figures["interval"]
            st.metric("Accuracy", f"{figures['accuracy']:.1%}", help=f"95 % interval {low:.1%} to {high:.1%}")
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
        ("How it was made", _origin),
    ):
        with st.expander(title, expanded=title == "Figures"), panels.guard():
            section(name, record)


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
                "Noise": [NOISE_WORDS[row["noise"]] for row in rows],
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
            "Levels: sigma on the 0-255 scale (Gaussian, Laplace), share of pixels (salt & pepper), photons at white (Poisson)."
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
    st.dataframe(table, column_config=columns, hide_index=True)


def _report(report: dict[str, Any]) -> None:
    low, high = report["interval"]
    st.markdown(f"Accuracy **{report['accuracy']:.2%}** (95 % interval {low:.2%} to {high:.2%})")
    rows = report["classes"]
    percent = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        {
            "Class": [row["name"] for row in rows],
            "Precision": [row["precision"] for row in rows],
            "Recall": [row["recall"] for row in rows],
            "F1": [row["f1"] for row in rows],
            "Support": [row["support"] for row in rows],
        },
        column_config={"Precision": percent, "Recall": percent, "F1": percent},
        hide_index=True,
    )
    for group, figures in report.get("groups", {}).items():
        st.caption(f"{group}: accuracy {figures['accuracy']:.1%} on {figures['support']} pictures.")


def _curve(name: str, record: dict[str, Any]) -> None:
    history = record["history"]
    st.plotly_chart(
        render.training_curves(history, metric="loss", title="Loss", best_epoch=record["epochs"]),
        config=render.CONFIG,
        key=f"loss-{name}",
    )
    if "accuracy" in history[0]:
        st.plotly_chart(
            render.training_curves(history, metric="accuracy", title="Accuracy", best_epoch=record["epochs"]),
            config=render.CONFIG,
            key=f"accuracy-{name}",
        )


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


def _origin(name: str, record: dict[str, Any]) -> None:
    st.markdown(
        f"- Data: {'; '.join(record['data'])}\n- Seed {record['seed']}, batches of {record['batch']}, {record['steps']:,} steps, "
        f"{record['minutes']:.0f} minutes\n- Backend: {record['backend']}\n- sha256 of the weights: `{record['sha256']}`"
    )
    st.caption("Train it again:")
    st.code(f"python -m xai_core train {name}\npython -m xai_core evaluate {name}", language="bash")
