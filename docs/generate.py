"""Write the generated pages of `docs/` again: `make docs`."""

from pathlib import Path
from typing import Any

import click

from inkdigits.cli import main
from inkdigits.training import schema

DOCS = Path(__file__).parent

HEAD = """# Command line

This page is generated from `inkdigits --help` by `make docs`.
"""


def command_line() -> str:
    """The help of every command, Markdown."""
    settings: dict[str, Any] = {"terminal_width": 88, "max_content_width": 88}
    settings |= main.context_settings
    context = click.Context(main, info_name="inkdigits", **settings)
    lines = [HEAD, "## inkdigits", "", "```text", main.get_help(context), "```"]
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        if command is None:
            continue
        inner = click.Context(command, info_name=name, parent=context, **settings)
        lines += ["", f"## inkdigits {name}", "", "```text", command.get_help(inner), "```"]
    return "\n".join(lines) + "\n"


PAGES = {"cli.md": command_line, "configuration.md": schema.page}

if __name__ == "__main__":
    for page, write in PAGES.items():
        (DOCS / page).write_text(write(), encoding="utf-8")
