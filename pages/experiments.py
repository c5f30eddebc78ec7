"""Experiments: what holds over many pictures, not only over this one."""

from ui import experiments, panels, state

panels.header("Experiments", "Over many pictures: how much accuracy does noise cost, and what brings it back?")
with panels.guard():
    experiments.page(state.scene())
