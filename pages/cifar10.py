"""CIFAR-10: a whole study on one page. A variational denoiser draws, says how sure it is, and a classifier names what it drew."""

import streamlit as st

from ui import cache, cifar10, cifar10_denoise, cifar10_traverse, panels, state
from xai_core.scene import UPLOAD

panels.header("CIFAR-10", "What does a variational denoiser draw, how sure is it, and can a classifier still name what it drew?")
scene, upload = state.scene(), state.upload()
with panels.guard():
    corner = st.container()
    if scene.dataset != UPLOAD and not cache.origin(scene.dataset):
        cifar10.offer()
    found = cache.noisy(scene, upload)
    cifar10.start(scene, found)
    if cifar10_denoise.fitting(found.clean.shape[1:]):
        name = cifar10_denoise.choice(found)
        with panels.guard():
            cifar10_denoise.section(state.scene(), found, name)
        with panels.guard():
            cifar10_traverse.section(state.scene(), found, name)
        cifar10.sections(state.scene(), upload, found, name)
        with corner:  # last, because the controls of the sections change the link and the code
            cifar10.sharing(found, name)
