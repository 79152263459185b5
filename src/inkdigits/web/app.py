"""`create_app`: the page, the API and what looks after them, put together."""

from flask import Flask

from inkdigits.web import (
    api,
    correcting,
    health,
    inference,
    logs,
    metrics,
    page,
    problems,
    queries,
    security,
)
from inkdigits.web.current import Current
from inkdigits.web.parts import Parts
from inkdigits.web.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Make the web app.

    Args:
        settings: None: all as it is by default.

    Raises:
        InvalidModel: a model cannot be used.
    """
    settings = settings or Settings()
    parts = Parts(settings, Current(settings.model, settings.lines))
    app = Flask("inkdigits.web", static_folder="static", template_folder="templates")
    app.extensions["inkdigits"] = parts
    app.json.sort_keys = False  # type: ignore[attr-defined]
    logs.register(app, settings.log_level)
    metrics.register(app, parts.metrics)
    problems.register(app)
    security.register(app, settings)
    queries.register(app)
    for blueprint in (
        page.blueprint(parts),
        api.blueprint(parts),
        correcting.blueprint(parts),
        health.blueprint(parts),
        inference.blueprint(parts),
    ):
        app.register_blueprint(blueprint)
    return app
