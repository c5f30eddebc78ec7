"""The picture made for a class, on the page Classify."""


def test_a_picture_is_made_on_demand(visit):
    page = visit("classify", dataset="mnist", denoiser="median", **{"explainer.lime.samples": 20})
    page.press("Make the picture")
    page.until(lambda: "maximised" in page.rows())
    assert not page.errors
    [caption] = page.texts("maximised")
    start, score = (float(part) for part in caption.removeprefix("score ").split(" → "))
    assert score > start
