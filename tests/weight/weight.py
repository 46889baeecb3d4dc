#!/usr/bin/env python3
"""What the library weighs: its code, a small program's share of it, and the stack that a call takes.

usage: weight.py SOURCE-ROOT BUILD-ROOT CC SHARED STATIC   (SHARED -: the stack alone)
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

root, build, cc, shared, static = sys.argv[1:6]
KIB = 1024
TEXT_MOST = 76 * KIB          # of the shared library
SECTIONS_MOST = 16 * KIB      # the code of a program with the five calls, above raw ones, with --gc-sections
OBJECTS_MOST = 64 * KIB       # all that is loaded of it, without
STACK_MOST = 4 * KIB

# Functions that call back, and whom: what is in their own file, or in that of their caller.
CALLBACKS = {
    "os_guard": ["dial_datagram__all", "dial__all", "dial__undo", "path__connect", "path__undo", "lookup__finish",
                 "lookup__undo", "lookup__try_way", "stream__send_file", "stream__end_file"],
    "os_job_call": ["lookup__work", "lookup__work_reverse"],
    "os_interfaces": ["bsd_multicast__by_addr", "bsd_multicast__by_index", "interface__show"],
    "os_connections": ["connection__show", "version__stop", "windows__ask_tcp", "windows__ask_udp", "windows__get_tcp4",
                       "windows__get_tcp6", "windows__get_udp4", "windows__get_udp6"],
    "netlink_dump": ["diag__tell", "route__add_addr", "route__add_link"],
    "native_start": ["os__start"],
    "native_hears": ["packet__try"],
}
OTHER_STACKS = ["handover__close", "job__main", "job__unlock"]     # of threads of the library's own
OTHER_SYSTEMS = ["native_at_end", "native_identity", "pair_loopback"] # are there for those

def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"Bail out! {shlex.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


count = failures = 0


def report(what, good, said=""):
    global count, failures
    count += 1
    failures += not good
    print("ok" if good else "not ok", count, "-", what)
    for line in said.splitlines():
        print("#", line)


def text(path):
    return int(re.search(r"^\.text\s+(\d+)", run("size", "-A", path), re.MULTILINE)[1])


def loaded(path):
    return int(run("size", path).splitlines()[1].split()[0])


def check_code():
    weight = text(shared)
    report(f"the shared library's code: {weight} bytes of {TEXT_MOST}", weight <= TEXT_MOST)
    with tempfile.TemporaryDirectory() as folder:
        def link(name, *options):
            program = os.path.join(folder, "program")
            run(*cc.split(), "-O2", f"-I{root}/include", f"{root}/tests/weight/{name}.c", *options, "-pthread", "-o", program)
            return program
        raw = link("raw")
        raw_text, raw_loaded = text(raw), loaded(raw)
        sections = text(link("five", static, "-Wl,--gc-sections")) - raw_text
        objects = loaded(link("five", static)) - raw_loaded
    report(f"the five calls, with --gc-sections: {sections} bytes of code, of {SECTIONS_MOST}", sections <= SECTIONS_MOST)
    report(f"the five calls, without: {objects} bytes loaded, of {OBJECTS_MOST}", objects <= OBJECTS_MOST)


def call_graph():
    """(Bytes of each function's frame, whom it calls), as the compiler has it; static functions by their own name."""
    frames, calls, files = {}, {}, {}
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        commands = [entry for entry in json.load(file) if "libsock-internal.a.p" in entry["output"]]
    with tempfile.TemporaryDirectory() as folder:
        for number, entry in enumerate(commands):
            out = os.path.join(folder, f"{number}.o")
            words = shlex.split(entry["command"])
            words[words.index("-o") + 1] = out
            subprocess.run([*words, "-O2", "-fcallgraph-info=su"], cwd=entry["directory"], check=True)
            with open(os.path.join(folder, f"{number}.ci"), encoding="utf-8") as file:
                graph = file.read()
            def name(title):
                return re.sub(r"^\*?(lib(?=sock_[a-z])|libsock__)|\.(isra|part|constprop|cold).*", "", title.split(":")[-1])
            for title, label in re.findall(r'node: \{ title: "(.*?)" label: "(.*?)"', graph):
                size = re.search(r"(\d+) bytes \((.*?)\)", label)
                if size:
                    frames[name(title)] = max(int(size[1]), frames.get(name(title), 0))
                    files[name(title)] = number
                    if size[2] == "dynamic": # neither static nor bounded
                        sys.exit(f"Bail out! nobody knows how much stack {title} takes")
            for caller, called in re.findall(r'sourcename: "(.*?)" targetname: "(.*?)"', graph):
                calls.setdefault(name(caller), set()).add(name(called))
    for caller in list(calls):
        for through in calls[caller] & CALLBACKS.keys():
            here = f"{through} of {caller}"
            frames[here] = frames[through]
            calls[here] = calls[through] | {name for name in CALLBACKS[through]
                                               if files.get(name) in (files[caller], files[through])}
            calls[caller] = calls[caller] - {through} | {here}
    return frames, calls


def deepest(function, frames, calls, above=()):
    """(Bytes, the way to them.)"""
    if function in above:
        sys.exit(f"Bail out! {function} calls itself")
    above += (function,)
    callees = calls.get(function, set()) & frames.keys()
    size, way = max((deepest(name, frames, calls, above) for name in callees), default=(0, []))
    return size + frames[function], [f"{function} {frames[function]}", *way]


def check_stack():
    frames, calls = call_graph()
    public = sorted(name for name in frames if re.match(r"sock_[a-z]", name))
    depths = sorted((deepest(name, frames, calls) for name in public), reverse=True)
    report(f"{len(public)} calls, each with at most {STACK_MOST} bytes of stack: {depths[0][0]}",
           len(public) > 60 and depths[0][0] <= STACK_MOST, "\n".join(f"{size}: {' > '.join(way)}" for size, way in depths[:3]))
    known = set(public).union(*calls.values(), CALLBACKS, OTHER_STACKS, OTHER_SYSTEMS)
    unknown = sorted(name for name in frames if name not in known)
    report("each callback is in the table", not unknown, "\n".join(unknown))


if shared != "-":
    check_code()
check_stack()
print(f"1..{count}")
sys.exit(failures > 0)
