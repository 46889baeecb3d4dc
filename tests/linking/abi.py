#!/usr/bin/env python3
"""The ABI is the one that its soname stands for. usage: abi.py SOURCE-ROOT LIBSOCK.SO [--write]

The record is tests/linking/libsock.abi, functions and structs by libabigail (abidw), and libsock.numbers, the constants that
are compiled into programs. With --write it is made anew; of a version that NEWS.md calls released only with another soname,
or by additions.
"""

import glob
import os
import re
import subprocess
import sys
import tempfile

root, library, *write = sys.argv[1:]
record = os.path.join(root, "tests", "linking", "libsock.abi")
numbers_record = os.path.join(root, "tests", "linking", "libsock.numbers")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def write_record(path):
    options = ["--no-show-locs", "--no-corpus-path", "--no-comp-dir-path", "--no-elf-needed", "--drop-undefined-syms"]
    status, said = run("abidw", *options, "--out-file", path, library)
    if status:
        sys.exit(said)
    with open(numbers_record, "w", encoding="utf-8") as file:
        file.writelines(sorted(numbers(os.path.join(root, "include"))))


def numbers(include):
    """The header's constants but for its version's, a line each."""
    with open(os.path.join(include, "libsock.h"), encoding="utf-8") as file:
        found = re.findall(r"^(?:\t|#define )(LIBSOCK_(?!VERSION)\w+)(?= = | \(?-?\w+$)", file.read(), re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "numbers")
        with open(program + ".c", "w", encoding="utf-8") as file:
            prints = "".join(f'\tprintf("{name} %lld\\n", (long long){name});\n' for name in found)
            file.write(f"#include <libsock.h>\n#include <stdio.h>\n\nint main(void)\n{{\n{prints}}}\n")
        status, said = run("gcc", "-I" + include, program + ".c", "-o", program)
        return sys.exit(said) if status else set(run(program)[1].splitlines(True))


def soname():
    return re.search(r"SONAME.*\[(.*)\]", run("readelf", "-dW", library)[1])[1]


def recorded():
    with open(record, encoding="utf-8") as file:
        return re.search(r"soname='(.*?)'", file.read())[1]


def compare(with_library, include, allowing_additions=False):
    """(Are they the same, how they differ.)"""
    status, said = run("abidiff", *["--no-added-syms"] * allowing_additions, record, with_library)
    with open(numbers_record, encoding="utf-8") as file:
        old = set(file)
    new = numbers(include)
    said += "".join(sorted(["- " + line for line in old - new] + ["+ " + line for line in new - old]))
    return status == 0 and (old <= new if allowing_additions else old == new), said


def is_released():
    with open(os.path.join(root, "NEWS.md"), encoding="utf-8") as file:
        return "(not released)" not in re.search(r"^## .*", file.read(), re.MULTILINE)[0]


def changed_library(folder, old, new):
    """The library as it would be with another header; it, and its header's folder."""
    for path in ["include", "lib"]:
        run("cp", "-r", os.path.join(root, path), folder)
    header = os.path.join(folder, "include", "libsock.h")
    with open(header, encoding="utf-8") as file:
        text = file.read()
    if text.count(old) != 1:
        sys.exit(f"{old}: {text.count(old)} times in libsock.h")
    with open(header, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))
    parts = ["core", "bsd", "posix", "linux"]
    sources = [name for part in parts for name in glob.glob(f"{folder}/lib/{part}/*.c")]
    includes = [f"-I{folder}/{name}" for name in ["include", "lib", "lib/bsd", "lib/posix", "lib/linux"]]
    out = os.path.join(folder, "libsock.so")
    status, said = run("gcc", "-std=c11", "-g", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-soname," + soname(),
                       f"-Wl,--version-script={folder}/lib/libsock.map", *includes, *sources, f"{folder}/lib/poller/epoll.c", "-o", out)
    if status:
        sys.exit(said)
    return out, os.path.join(folder, "include")


def check_that_changes_are_seen():
    changes = {
        "nothing": ("LIBSOCK_DGRAM = 12 ", "LIBSOCK_DGRAM = 12 "),
        "a longer struct": ("\tint32_t interest; ", "\tint64_t interest; "),
        "another number": ("LIBSOCK_DGRAM = 12 ", "LIBSOCK_DGRAM = 14 "),
        "a call that is gone": ("LIBSOCK_API int sock_hostname(", "int sock_hostname("),
    }
    for what, (old, new) in changes.items():
        with tempfile.TemporaryDirectory() as folder:
            same, difference = compare(*changed_library(folder, old, new))
            if same != (old == new):
                sys.exit(f"{what}, changed in the header: {difference or 'no difference was seen'}")


include_folder = os.path.join(root, "include")
if write:
    if is_released() and recorded() == soname() and not compare(library, include_folder, allowing_additions=True)[0]:
        sys.exit(f"{soname()} is released, and stands for another ABI: this one needs a new minor version")
    write_record(record)
if recorded() != soname():
    sys.exit(f"libsock.abi is {recorded()}'s, the library is {soname()}: record it with --write")
same, difference = compare(library, include_folder)
if not same:
    sys.exit(difference + "The ABI has changed: record it with --write, which says whether it needs a new version")
check_that_changes_are_seen()
print(f"{soname()} is as recorded")
