"""Print the JSON body of a GraphQL request: `python examples/body.py DOCUMENT [name=value …]`."""

import json
import sys
from pathlib import Path

document, *variables = sys.argv[1:]
body = {
    "query": Path(document).read_text(encoding="utf-8"),
    "variables": dict(variable.split("=", 1) for variable in variables),
}
sys.stdout.write(json.dumps(body))
