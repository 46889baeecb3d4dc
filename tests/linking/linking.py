#!/usr/bin/env python3
"""Nothing of ours in other people's link: programs with names like the library's, linked with it in every way.

usage: linking.py SOURCE-ROOT CC CXX SHARED STATIC LINK-ARGS   (CXX may be -)

MESON_EXE_WRAPPER, if it is set, runs programs made for another OS.
"""

import glob
import os
import re
import subprocess
import sys
import tempfile

root, cc, cxx, shared, static, libraries = sys.argv[1:7]
shared, static = os.path.abspath(shared), os.path.abspath(static)
wrapper = os.environ.get("MESON_EXE_WRAPPER", "").split()
WINDOWS = shared.endswith(".dll")
here = os.path.join(root, "tests", "linking")
import_library = os.path.join(os.path.dirname(shared), "libsock.dll.a") if WINDOWS else shared
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
count = failures = 0


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def build(output, *args, compiler=cc):
    include = "-I" + os.path.join(root, "include")
    status, said = run(*compiler.split(), "-Wall", "-Wextra", "-Werror", include, *args, *libraries.split(), "-o", output)
    return f"{output} does not link:\n{said}" if status else None


def report(what, problem):
    global count, failures
    count += 1
    failures += bool(problem)
    print("not ok" if problem else "ok", count, "-", what)
    for line in (problem or "").splitlines():
        print("#", line)


def check(what, *parts, compiler=cc):
    """Build a program and run it: it ends with 0."""
    program = f"./program{count}" + (".exe" if WINDOWS else "")
    problem = build(program, *parts, compiler=compiler)
    if not problem:
        os.environ["LD_LIBRARY_PATH"] = os.path.dirname(shared)
        os.environ["WINEPATH"] = "Z:" + os.path.dirname(shared) + ";" + os.environ.get("WINEPATH", "")
        status, said = run(*wrapper, program)
        problem = f"exit status {status}:\n{said}" if status else None
    report(what, problem)


def path(name):
    return os.path.join(here, name)


def own_names():
    """A program with a function of each name that libsock's sources have; none is to be called by libsock."""
    with open(os.path.join(root, "include", "libsock_names.h"), encoding="utf-8") as file:
        names = re.findall(r"^#define (sock_\w+) ", file.read(), re.M)
    with open(os.path.join(root, "lib", "names.h"), encoding="utf-8") as file:
        names += re.findall(r"^#define (\w+) ", file.read(), re.M)
    with open("own.c", "w", encoding="utf-8") as file:
        file.write("int use_libsock(void);\nextern int taken;\nint taken;\n")
        file.writelines(f"int {name}(void);\nint {name}(void)\n{{\n\treturn taken = 77;\n}}\n" for name in names)
        file.write("#ifndef LOADS\nint main(void)\n{\n\tint err = use_libsock();\n\n\treturn taken ? taken : err;\n}\n#endif\n")
    return len(names)


def newer_imports():
    """What the DLL and the examples beside it import beyond the list of what Windows 7 has; what is not found counts, too."""
    with open(path("windows-7.txt"), encoding="utf-8") as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    known = {(dll, name) for dll, _, *names in rows for name in names}
    build = os.path.dirname(os.path.dirname(shared))
    bad = []
    for program in [shared, *sorted(glob.glob(os.path.join(build, "examples", "*.exe")))]:
        _, tables = run(cc.split()[0].replace("gcc", "objdump"), "-p", program)
        found = re.findall(r"DLL Name: (\S+)\.dll\n(.*?)\n\n", tables, re.S | re.I)
        bad += [f"{program}: {dll}: {name}" for dll, table in found if not dll.lower().startswith(("msvcrt", "api-ms-win-crt", "libsock"))
                for name in re.findall(r"^\s+[0-9a-f]+\s+\d+\s+(\w+)", table, re.M) if (dll.lower(), name) not in known]
        if not found:
            bad.append(f"{program}: no imports")
    return "\n".join(bad)


print(f"# {own_names()} names of the program's own")
for kind, library in ("shared", import_library), ("static", static):
    check(f"{kind}: a program with a function of each of our names", "own.c", path("uses.c"), library)
    check(f"{kind}: a program that asks for the long names in C", path("long-names.c"), library)
    if cxx != "-":
        check(f"{kind}: a program that asks for the long names in C++", "-x", "c++", path("long-names.c"), "-x", "none", library,
              compiler=cxx)

if not WINDOWS:
    # The program's names are seen by what it loads: -rdynamic is what a host of plug-ins is linked with.
    for kind, library in ("shared", shared), ("static", static):
        problem = build(f"plugin-{kind}.so", "-shared", "-fPIC", path("uses.c"), library) or \
            build("host", "-DLOADS", "own.c", path("plugin-host.c"), "-rdynamic", "-ldl")
        if not problem:
            status, said = run("./host", f"./plugin-{kind}.so")
            problem = f"exit status {status}:\n{said}" if status else None
        report(f"{kind}: a plug-in in a program with a function of each of our names", problem)

if not WINDOWS and os.path.exists("/usr/include/tcpd.h"):
    for name, text in ("allow", "server: localhost\n"), ("deny", "ALL: ALL\n"):
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
    for kind, library in ("shared", shared), ("static", static):
        for order in [library, "-lwrap"], ["-lwrap", library]:
            check(f"{kind}: libwrap's hosts.allow by name, linked {'before' if order[0] == '-lwrap' else 'after'} us",
                  path("libwrap.c"), path("libwrap-ask.c"), *order)

if WINDOWS:
    report("nothing is imported that Windows 7 does not have", newer_imports())

print(f"1..{count}")
sys.exit(failures > 0)
