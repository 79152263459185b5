"""The command itself: help, version, and what becomes of an error."""

import errno
from typing import Any

import click

from inkdigits import __version__
from inkdigits.errors import DataUnavailable, InkdigitsError, InterruptedJob, UnreadableImage

FAILED = 1  # some input could not be read, or some work not be done
WRONG_USE = 2  # wrong options, or something that the command needs is missing
INTERRUPTED = 130  # as a shell reports Ctrl-C


class _Commands(click.Group):
    """Turns our errors into one line on stderr and an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except InkdigitsError as error:
            click.echo(f"inkdigits: {error}", err=True)
            if isinstance(error.__cause__, KeyboardInterrupt):
                ctx.exit(INTERRUPTED)
            failed = isinstance(error, DataUnavailable | UnreadableImage | InterruptedJob)
            ctx.exit(FAILED if failed else WRONG_USE)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read our answers has gone: click ends quietly
                raise
            place = f"{error.filename}: " if error.filename else ""
            click.echo(f"inkdigits: {place}{error.strerror or error}", err=True)
            ctx.exit(WRONG_USE)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="inkdigits %(version)s")
def main() -> None:
    """Read handwritten digits: drawn, photographed or scanned.

    \b
    Examples:
      inkdigits draw                        draw a digit in a window
      inkdigits recognize seven.png         read a picture
      inkdigits recognize scans/ --json     read a folder, one JSON object a line
      inkdigits read page.jpg               read all numbers on a page
      inkdigits train configs/original.yaml
    """
