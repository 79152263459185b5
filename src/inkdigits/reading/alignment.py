"""Which character of one text stands where a character of another does."""


def counterparts(text: str, other: str) -> list[str]:
    """For each character of a text, what another text has in its place.

    Of all ways to turn one text into the other by the fewest characters changed, put in and left
    out (Levenshtein 1966), one that changes rather than leaves out, and from the left.

    Returns:
        One character for each of `text`; "" where the other text has none.
    """
    if len(text) == len(other):
        return list(other)
    # costs[i][j]: of text[i:] against other[j:]
    costs = [[0] * (len(other) + 1) for _ in range(len(text) + 1)]
    for i in range(len(text), -1, -1):
        for j in range(len(other), -1, -1):
            ways = []
            if i < len(text) and j < len(other):
                ways.append(costs[i + 1][j + 1] + (text[i] != other[j]))
            if i < len(text):
                ways.append(costs[i + 1][j] + 1)
            if j < len(other):
                ways.append(costs[i][j + 1] + 1)
            costs[i][j] = min(ways, default=0)
    found: list[str] = []
    i = j = 0
    while i < len(text):
        if j < len(other) and costs[i][j] == costs[i + 1][j + 1] + (text[i] != other[j]):
            found.append(other[j])
            i, j = i + 1, j + 1
        elif costs[i][j] == costs[i + 1][j] + 1:
            found.append("")
            i += 1
        else:
            j += 1
    return found
