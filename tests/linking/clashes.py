#!/usr/bin/env python3
"""No library that programs link beside sockets has a symbol of ours. usage: clashes.py FOLDER LIBSOCK.SO LIBSOCK.A

FOLDER holds those libraries, at any depth.
"""

import os
import subprocess
import sys

folder, *ours = sys.argv[1:]


def symbols(path, *options):
    out = subprocess.run(["nm", *options, "--defined-only", path], capture_output=True, text=True, check=True).stdout
    return {line.split()[2].split("@")[0] for line in out.splitlines() if len(line.split()) == 3}


own = symbols(ours[0], "-D") | symbols(ours[1], "-g")
short = {name.removeprefix("lib") for name in own if not name.startswith("libsock__")}
looked_at, clashes, taken = 0, [], set()
for path, _, names in os.walk(folder):
    for name in sorted(names):
        library = os.path.join(path, name)
        if ".so" in name and not os.path.islink(library):
            theirs = symbols(library, "-D")
            looked_at += bool(theirs)
            clashes += [f"{name}: {symbol}" for symbol in sorted(own & theirs)]
            taken |= {f"{symbol} ({name})" for symbol in short & theirs}
print(f"{len(own)} names, {looked_at} libraries; of the short names these have: {', '.join(sorted(taken)) or 'none'}")
if looked_at < 20 or not own:
    sys.exit("too little to compare")
sys.exit("\n".join(clashes) or 0)
