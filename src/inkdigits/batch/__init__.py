"""Many pictures, one machine or many: inputs in, Parquet out (needs the extra `batch`).

Importing this package does not import Ray, which takes seconds; `job.run` does.
"""

from inkdigits.extras import require

# What is imported below, and the name under which it is installed.
NEEDED = {"fsspec": "fsspec", "pyarrow": "pyarrow", "ray": "ray"}

require("batch", NEEDED)
