"""Widgets know the link's values whichever run of the page the browser sees first."""

from ui import state


def selectbox(page, label):
    return next(one for one in page.app.selectbox if one.label == label)


def test_a_second_run_tells_a_new_widget_its_value_again(visit):
    page = visit("noise", dataset="hubble")
    page.app.run()
    box = selectbox(page, "Data set")
    assert box.value == "hubble" and box.proto.set_value and box.proto.raw_value == box.options[box.index]


def test_a_widget_that_has_settled_is_the_browsers(visit, monkeypatch):
    monkeypatch.setattr(state, "SETTLED", 0.0)
    page = visit("noise", dataset="hubble")
    page.app.run()
    assert not selectbox(page, "Data set").proto.set_value


def test_a_widget_that_was_moved_is_the_browsers_at_once(visit):
    """Told an older value, a slider would jump back under the finger."""
    page = visit("noise", dataset="hubble")
    page.set("selectbox", "dataset", "photos")
    page.app.run()
    box = selectbox(page, "Data set")
    assert box.value == "photos" and not box.proto.set_value
