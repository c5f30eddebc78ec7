"""The first visitor of a new server may come by a link to a page, not by the front door."""


def test_the_first_page_of_a_server_may_be_a_link(start_server, context):
    # Streamlit takes a folder named pages/ for its own navigation until app.py has run once (ui.state.require_app).
    address = start_server()
    page = context.new_page()
    page.goto(f"{address}/denoise?dataset=photos&index=2&level=40", wait_until="commit")
    page.get_by_role("heading", name="Denoise", exact=True).wait_for(timeout=120_000)
    page.get_by_text("What a pixel of the output depends on").wait_for(timeout=120_000)
    assert page.locator("[data-testid=stSidebar]").get_by_text("Data set", exact=True).is_visible()
    assert "level=40" in page.url
    assert "dataset=photos" in page.url
