"""Reads the report of `gmpki bench WHAT --json`: every rate in it is above nothing, and nothing that we answered was
an error.
"""

import json
import sys


def rates(value, name):
    """Every (name, rate) in the report, and every count of errors that is not zero."""
    if isinstance(value, dict):
        name = value.get("name", name)
        for key, inner in value.items():
            if key.endswith("_per_second"):
                yield f"{name} {key}", inner
            elif key == "errors" and inner:
                yield f"{name} errors {inner}", 0
            else:
                yield from rates(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from rates(inner, name)


def main():
    what, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    found = list(rates(report, what))
    for name, rate in found:
        print(f"bench {name}: {rate:.0f}")
    if not found or not all(rate > 0 for _, rate in found):
        sys.exit(f"bench {what}: not a good report: {report}")


main()
