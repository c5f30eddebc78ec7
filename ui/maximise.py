"""A picture made for the class: what the classifier answers to most, made on demand."""

import streamlit as st

from xai_core.explainers import Maximised, activation_maximisation
from xai_core.scene import Scene
from xai_core.types import Progress

from . import cache, jobs, panels
from .viewer import Picture, draw, viewer

STEPS = 200


def section(scene: Scene, target: str) -> None:
    """A button, then the picture; target: the class ("class:1")."""
    name = cache.classifier(scene).class_names[int(target.partition(":")[2])]
    key = f"maximise-{scene.classifier}-{cache.weights_key(scene.classifier)}-{target}-{scene.seed}"
    job = jobs.jobs().get(key)
    if job is not None and job.finished and not job.failed:
        _show(job.future.result(), name)
    elif job is not None and not job.finished:
        st.fragment(jobs.follow, run_every=0.4)(key, "made")
    else:
        if job is not None:
            with panels.guard():
                job.future.result()  # raises its error
        st.caption(
            f"Starts from grey noise (the seed on the left) and changes it so that the score of {name} rises. "
            f"Cost: {STEPS} forward and backward passes."
        )
        st.button("Make the picture", on_click=_start, args=(key, scene, target))


def _start(key: str, scene: Scene, target: str) -> None:
    def work(progress: Progress) -> Maximised:
        return activation_maximisation(cache.classifier(scene), target, steps=STEPS, seed=scene.seed, progress=progress)

    jobs.jobs().start(key, work, jobs.waiter())


def _show(found: Maximised, name: str) -> None:
    left, right = st.columns([1, 3], gap="medium")
    with left:
        caption = f"score {found.start:.1f} → {found.score:.1f}"
        viewer([draw(Picture(f"Made for {name}", found.image[0], caption))], key="maximised", columns=1, toolbar=False)
    with right:
        st.markdown(
            f"The score of {name} (logit) went from {found.start:.1f} for grey noise to {found.score:.1f}. A picture that "
            "scores this high need not look like one of the class to a person: it shows what the network answers to, textures "
            "above all, and another seed makes another picture."
        )
        st.caption(
            r"Gradient ascent on the score $s(x)$ less a weight times the total variation of $x$, with tf-keras-vis. "
            "Source: Erhan et al. (2009); Simonyan, Vedaldi & Zisserman (2014), arXiv:1312.6034."
        )
