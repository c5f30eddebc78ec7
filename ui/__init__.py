"""What the pages share: the Scene in the session, widgets from Specs, caches, panels, the picture viewer."""
