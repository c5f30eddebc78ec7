"""Home: the chain in one picture, and where to start."""

from ui import home, panels, state

panels.header(
    "NoiseLens",
    "What does noise do to what a network sees, what does a denoiser remove or invent, and can the explanation be trusted?",
    wait=False,
)
with panels.guard():
    home.chain(state.scene(), state.upload())
home.doors()
with panels.guard():
    home.installed()
