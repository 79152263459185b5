"""From a picture to strips: where the lines of writing are on a page."""
