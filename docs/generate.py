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

    def add(group: click.Group, outer: click.Context) -> None:
        for name in group.list_commands(outer):
            command = group.get_command(outer, name)
            if command is None:
                continue
            inner = click.Context(command, info_name=name, parent=outer, **settings)
            title = f"## {inner.command_path}"
            lines.extend(["", title, "", "```text", command.get_help(inner), "```"])
            if isinstance(command, click.Group):
                add(command, inner)

    add(main, context)
    return "\n".join(lines) + "\n"


PAGES = {"cli.md": command_line, "configuration.md": schema.page}

if __name__ == "__main__":
    for page, write in PAGES.items():
        (DOCS / page).write_text(write(), encoding="utf-8")
