#!/usr/bin/env python3
"""What the sources promise about themselves. usage: habits.py SOURCE-ROOT CC LIBRARY [CXX]

LIBRARY is the built shared library, or - where it cannot be looked at (Windows has its own check of exports).
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

root, cc, library = sys.argv[1:4]
cxx = sys.argv[4] if len(sys.argv) > 4 else None
header = os.path.join(root, "include", "libsock.h")
LARGER = {  # examples that are a whole program, and the lines that they may have
    "http_get": 250, "http_server": 350, "netcat": 250, "netstat": 250, "tcp_proxy": 260, "telnet": 270,
    "chat_server": 150, "file_receive": 160, "multicast_chat": 160, "ntp_time": 150,
}
SYSTEM_HEADERS = ["sys/socket.h", "netinet/in.h", "arpa/inet.h", "sys/un.h", "netdb.h", "poll.h", "unistd.h", "errno.h"]


def read(*parts):
    with open(os.path.join(root, *parts), encoding="utf-8") as file:
        return file.read()


def sources(*folders, endings=(".c", ".h")):
    for folder in folders:
        for path, _, names in os.walk(os.path.join(root, folder)):
            yield from (os.path.relpath(os.path.join(path, name), root) for name in sorted(names) if name.endswith(endings))


def compiles(compiler, standard, text, suffix):
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "t" + suffix)
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        run = subprocess.run([*compiler.split(), standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
                              "-I" + os.path.dirname(header), source], capture_output=True, text=True)
    return run.stderr.strip()


def the_header_includes_no_socket_header():
    out = subprocess.run([*cc.split(), "-M", header], capture_output=True, text=True, check=True).stdout
    pattern = r"socket\.h|netinet|netdb|winsock|windows\.h|stdio|stdlib|errno"
    return [name for name in out.split() if re.search(pattern, name.removeprefix(os.path.dirname(header)))]


def the_header_compiles_alone_before_and_after_the_systems():
    ours, theirs = "#include <libsock.h>\n", "".join(f"#include <{name}>\n" for name in SYSTEM_HEADERS)
    use = "int use(void); int use(void) { struct sock s = {0, 0, 0, 0}; return sock_close(&s); }\n"
    if "mingw" in cc:
        theirs = "#include <winsock2.h>\n#include <ws2tcpip.h>\n#include <windows.h>\n"
    bad = []
    for compiler, standard, suffix in [(cc, "-std=c11", ".c"), (cxx, "-std=c++11", ".cc")]:
        for name, text in [("alone", ours), ("before", ours + theirs), ("after", theirs + ours)]:
            if compiler and (message := compiles(compiler, standard, text + use, suffix)):
                bad.append(f"{standard} {name}: {message}")
    return bad


def no_file_of_the_library_asks_which_system_it_is_on():
    """Windows is a folder; among POSIX systems only native.h may ask, and only for what no feature macro tells."""
    pattern = r"_WIN32|__APPLE__|__linux__|__FreeBSD__|__NetBSD__|__OpenBSD__"
    return [f"{path}: {line}" for path in sources("lib") if path != "lib/posix/native.h" or "_WIN32" in read(path)
            for line in read(path).splitlines() if re.search(pattern, line)]


# What a folder's files may include beside the system's headers, their own folder's, libsock.h and those between the layers.
# The core alone knows no system at all.
LAYERS = {"core": [], "bsd": ["native"], "posix": ["bsd"], "linux": ["native"], "unix": ["native", "bsd"], "winsock": ["bsd"], "null": [],
          "poller": ["native", "bsd"]}
BETWEEN = ["lib/os.h", "lib/os_job.h", "lib/os_process.h", "lib/os_state.h", "lib/compiler.h", "lib/names.h"]
PORTABLE = ["limits.h", "stdbool.h", "stddef.h", "stdint.h", "stdlib.h", "string.h"]


def every_file_includes_only_its_own_layer_or_the_one_below():
    bad = []
    for path in sources("lib"):
        layer = path.split("/")[1] if path.count("/") > 1 else ""
        for bracket, name in re.findall(r'^#include ([<"])(.*?)[>"]', read(path), re.M):
            if bracket == "<":
                allowed = layer not in ("core", "") or name in PORTABLE
            elif name.startswith("native"):  # of the platform that is built
                allowed = layer in ("posix", "winsock") or "native" in LAYERS.get(layer, [])
            else:
                places = [f"lib/{folder}/{name}" for folder in [layer, *LAYERS.get(layer, [])]] + BETWEEN
                allowed = name == "libsock.h" or any(place.endswith("/" + name) and
                                                     os.path.exists(os.path.join(root, place)) for place in places)
            if not allowed:
                bad.append(f"{path} includes {name}")
    loose = [path for path in sources("lib") if path.count("/") == 1 and path not in BETWEEN]
    return bad + [f"{path} is in no layer" for path in loose]


def functions_are_short_and_files_fit_in_a_head():
    if not shutil.which("ctags"):
        return None
    run = subprocess.run(["ctags", "-R", "--languages=C", "--kinds-C=f", "--fields=+ne", "--output-format=json", "-f", "-", "lib"],
                         cwd=root, capture_output=True, text=True)
    if run.returncode != 0:
        return None  # not Universal Ctags
    tags = [json.loads(line) for line in run.stdout.splitlines()]
    lengths = sorted((t["end"] - t["line"] + 1, t["path"], t["name"]) for t in tags if "end" in t)
    n = [length for length, _, _ in lengths]
    bad = [f"{path}: {name} has {length} lines" for length, path, name in lengths if length > 80]
    if statistics.median(n) > 12 or n[int(len(n) * 0.9)] > 40:
        bad.append(f"median {statistics.median(n)}, nine in ten {n[int(len(n) * 0.9)]}")
    bad += [f"{path} has {count} lines" for path in sources("lib") if (count := read(path).count("\n")) > 400]
    return bad


def declared():
    return sorted(re.findall(r"^LIBSOCK_API [^;]*?\b(sock_\w+)\(", read("include", "libsock.h"), re.M))


def header_map_def_and_library_list_the_same_calls():
    wanted = sorted("lib" + name for name in declared())
    lists = {
        "libsock.map": sorted(re.findall(r"^\t(libsock_\w+);", read("lib", "libsock.map"), re.M)),
        "libsock.def": sorted(re.findall(r"^\t(\w+)", read("lib", "libsock.def"), re.M)),
    }
    if library.endswith(".dll"):
        out = subprocess.run([cc.split()[0].replace("gcc", "objdump"), "-p", library], capture_output=True, text=True).stdout
        lists["exports"] = sorted(re.findall(r"^\s*\[\s*\d+\](?:\s+\+base\[.*?\]\s+\w+)?\s+(?:\w+\s+)?(\w+)$",
                                             out.split("[Ordinal/Name Pointer] Table")[-1], re.M))
    elif library != "-":
        out = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
        lists["exports"] = sorted(line.split()[2].split("@")[0] for line in out.splitlines() if " T " in line)
    return [f"{name}: {sorted(set(wanted) ^ set(names))}" for name, names in lists.items() if names != wanted]


def each_call_has_a_long_name_for_the_linker():
    text = read("include", "libsock_names.h")
    bad = []
    for pattern in r"^#pragma redefine_extname (sock_\w+) (\w+)$", r"^#define (sock_\w+) (\w+)$", r"^#undef (sock_\w+)()$":
        pairs = re.findall(pattern, text, re.M)
        bad += [f"{pattern}: {name}" for name in sorted(set(declared()) ^ {name for name, _ in pairs})]
        bad += [f"{name}: {long}" for name, long in pairs if long not in ("", "lib" + name)]
    return bad


def the_structs_of_the_header_are_laid_out_as_recorded():
    """Sizes and places are compiled into programs: tests/habits/layout.txt has them for pointers of 8 and of 4 bytes."""
    text = re.sub(r"/\*.*?\*/", "", read("include", "libsock.h"), flags=re.S)
    members = [(struct, member) for struct, body in re.findall(r"^struct (\w+) \{(.*?)^\};", text, re.M | re.S)
               for member in re.findall(r"(\w+)(?:\[\w+\])?;", body) + ["-"]]
    rows = [line.split() for line in read("tests", "habits", "layout.txt").splitlines() if not line.startswith("#")]
    bad = [f"{struct} {member} is not in both" for struct, member in set(members) ^ {(row[0], row[1]) for row in rows}]
    program = "#include <libsock.h>\n" + "".join(
        f"_Static_assert({f'sizeof(struct {struct})' if member == '-' else f'offsetof(struct {struct}, {member})'} == "
        f"(sizeof(void *) == 8 ? {eight} : {four}), \"{struct} {member}\");\n" for struct, member, eight, four in rows)
    for width in "", " -m32 -ffreestanding", " -m32 -ffreestanding -malign-double":  # the last one as on 32-bit Windows
        if not width or not compiles(cc + width, "-std=c11", "extern int x;\n", ".c"):
            bad += [line for line in compiles(cc + width, "-std=c11", program, ".c").splitlines() if "error" in line]
    return bad


def no_symbol_of_the_static_library_is_another_programs():
    archive = os.path.join(os.path.dirname(library), "libsock.a")
    if not os.path.exists(archive):
        return None
    out = subprocess.run(["nm", "-g", "--defined-only", archive], capture_output=True, text=True, check=True).stdout
    names = [line.split()[2].removeprefix("_" if "darwin" in sys.platform else "") for line in out.splitlines() if len(line.split()) == 3]
    return [name for name in names if not name.startswith(("libsock_", ".refptr.libsock_"))] if names else ["no symbols"]


def the_librarys_own_calls_cannot_be_taken_over():
    """None goes through the table that a program's symbols of the like names fill."""
    if library == "-" or library.endswith(".dll"):
        return None
    out = subprocess.run(["readelf", "-rW", library], capture_output=True, text=True, check=True).stdout
    return [line for line in out.splitlines() if "sock_" in line]


def every_name_of_the_header_is_the_librarys_own():
    text = re.sub(r"/\*.*?\*/", "", read("include", "libsock.h"), flags=re.S)
    names = re.findall(r"#define (\w+)|^(?:struct|enum) (\w+)|(?<!\()\b(\w+)\(|^\t(LIBSOCK_\w+|[A-Z]\w+)\b", text, re.M)
    return sorted({name for name in map("".join, names)
                   if not re.match(r"sock_|sock$|LIBSOCK_|defined$|__attribute__$|visibility$|int$|found$", name)})


def a_deadline_is_the_last_argument_of_every_call_that_has_one():
    calls = re.findall(r"^LIBSOCK_API ([^;]*);", read("include", "libsock.h"), re.M)
    return [call for call in calls if "deadline" in call and not call.endswith("int64_t deadline)")]


def the_library_has_no_writable_data_but_two_counts():
    if library == "-" or library.endswith(".dll"):
        return None
    symbols = subprocess.run(["objdump", "-t", library], capture_output=True, text=True, check=True).stdout
    linker = ("_DYNAMIC", "_GLOBAL_OFFSET_TABLE_", "__dso_handle", "__TMC_END__", "completed.0",
              "job__counts", "closed__places")
    banned = ("abort exit printf fprintf signal sigaction "
              "inet_aton inet_addr gethostbyname inet_pton inet_ntop").split()
    bad = []
    for line in symbols.splitlines():
        fields = line.split()
        name = fields[-1].split("@")[0] if fields else ""
        # .data.rel.ro holds constants with pointers in them, and is read-only once the program runs.
        if re.search(r"\s\.t?(data|bss)\s", line) and name not in linker and not name.startswith("."):
            bad.append("writable: " + name)
        if "*UND*" in fields and name in banned:
            bad.append("uses " + name)
    return bad


def only_names_and_interfaces_use_the_heap():
    allowed = ("lib/poller/epoll.c", "lib/poller/kqueue.c", "lib/poller/poll.c", "lib/posix/job.c",
               "lib/linux/netlink.c", "lib/linux/rtnetlink.c", "lib/core/stream.c",
               "lib/winsock/job.c", "lib/winsock/connection.c", "lib/winsock/interface.c",
               "lib/null/job.c")
    return [f"{path}: {line.strip()}" for path in sources("lib") if path not in allowed
            for line in read(path).splitlines() if re.search(r"\b(malloc|calloc|realloc|free)\(", line)]


def only_look_ups_and_the_closing_of_files_start_threads():
    starts = r"\b(pthread_create|thrd_create|CreateThread|_beginthread\w*|CreateProcess\w*|v?fork|posix_spawn\w*)\("
    bad = [f"{path}: {line.strip()}" for path in sources("lib", endings=(".c",)) if not path.endswith("/job.c")
           for line in read(path).splitlines() if re.search(starts, line)]
    users = ["lib/core/lookup.c", "lib/posix/handover.c"]
    return bad + [f"{path} has jobs" for path in sources("lib", endings=(".c",))
                  if not path.endswith("/job.c") and path not in users and re.search(r"\bos_job_start\(", read(path))]


# What the pieces of code in the documents take for granted.
GIVEN = """
#include <libsock.h>
#include <string.h>
#pragma GCC diagnostic ignored "-Wunused-variable"
extern struct sock s, conn, client, server, channel, pair[2];
extern struct sock_addr addr, peer, other, group, found[8];
extern struct sock_const_buffer parts[2];
extern struct sock_buffer rooms[2];
extern struct sock_reader reader;
extern struct sock_statistics statistics;
extern struct sock_packet packet;
extern struct sock_credentials who;
extern struct sock_wait_item items[2];
extern struct sock_poller poller;
extern struct sock_event events[8];
extern struct sock_attempt attempts[LIBSOCK_DIAL_MAX];
extern struct file *file;
extern int err, count, max, room, port, family, fields, fileno(struct file *), show(void *, const struct sock_connection *);
extern int list(void *, const struct sock_interface_addr *);
extern intptr_t fd, fds[8];
extern int64_t by, value;
extern uint64_t offset, sent;
extern uint32_t index;
extern ptrdiff_t n;
extern size_t size, done;
extern char data[10000], buffer[1000], text[1000], name[256], *line;
extern const char *request, *host;
extern void *context;
"""


def code_in_the_documents_compiles():
    """Fences, and the calls in the column of a table that is libsock's."""
    bad = []
    for path in ("README.md", "docs/mainpage.md", "docs/python.md"):
        text = read(path)
        pieces = re.findall(r"^```c\n(.*?)^```$", text, re.M | re.S)
        pieces += [code + ";" for line in re.findall(r"^\|.* \| (.*) \|$", text, re.M) for code in re.findall(r"`([^`]*)`", line)
                   if re.search(r"\bsock_\w+\([^.]|= .*LIBSOCK_", code)]
        programs = [piece for piece in pieces if "int main" in piece]
        rest = [f"void use{i}(void);\nvoid use{i}(void)\n{{\n{piece}\n}}\n" for i, piece in enumerate(pieces) if piece not in programs]
        bad += [f"{path}: {message}" for text in [*programs, GIVEN + "".join(rest)] if (message := compiles(cc, "-std=c11", text, ".c"))]
    return bad


def tests_wait_for_things_instead_of_sleeping():
    return [f"{path}: {line.strip()}" for path in sources("tests", endings=(".c", ".h", ".py"))
            if not path.endswith("habits.py")
            for line in read(path).splitlines() if re.search(r"\b(u?sleep|nanosleep|Sleep) ?\(", line)]


def tests_are_named_for_behaviour_and_count_descriptors():
    """A name of at least two words, and no case but the one that testing_main() makes with its descriptor count."""
    bad = []
    for path in sources("tests", endings=(".c",)):
        text = read(path)
        bad += [f"{path}: {name}" for name in re.findall(r"^START_TEST\((\w+)\)", text, re.M)
                if name.count("_") < 1 or name.startswith("test")]
        if "tcase_create" in text and not path.endswith("testing.c"):
            bad.append(f"{path} makes a case of its own")
        if missing := set(re.findall(r"^START_TEST\((\w+)\)", text, re.M)) - set(re.findall(r"^\t\t\{(\w+)\},$", text, re.M)):
            bad.append(f"{path} never runs {sorted(missing)}")
    return bad


def examples_are_small_and_say_how_to_build_them():
    bad = []
    for path in sources("examples", endings=(".c",)):
        text, name = read(path), os.path.basename(path)[:-2]
        if text.count("\n") > LARGER.get(name, 120):
            bad.append(f"{path} has {text.count(chr(10))} lines")
        if f"cc {name}.c -o {name} $(pkg-config --cflags --libs libsock)" not in text.split("*/")[0]:
            bad.append(f"{path} does not begin with its build line")
    return bad


CHECKS = [
    the_header_includes_no_socket_header,
    the_header_compiles_alone_before_and_after_the_systems,
    no_file_of_the_library_asks_which_system_it_is_on,
    every_file_includes_only_its_own_layer_or_the_one_below,
    functions_are_short_and_files_fit_in_a_head,
    header_map_def_and_library_list_the_same_calls,
    each_call_has_a_long_name_for_the_linker,
    the_structs_of_the_header_are_laid_out_as_recorded,
    no_symbol_of_the_static_library_is_another_programs,
    the_librarys_own_calls_cannot_be_taken_over,
    every_name_of_the_header_is_the_librarys_own,
    a_deadline_is_the_last_argument_of_every_call_that_has_one,
    the_library_has_no_writable_data_but_two_counts,
    only_names_and_interfaces_use_the_heap,
    only_look_ups_and_the_closing_of_files_start_threads,
    code_in_the_documents_compiles,
    tests_wait_for_things_instead_of_sleeping,
    tests_are_named_for_behaviour_and_count_descriptors,
    examples_are_small_and_say_how_to_build_them,
]
print(f"1..{len(CHECKS)}")
failed = 0
for number, check in enumerate(CHECKS, 1):
    bad = check()
    failed += bool(bad)
    print("not ok" if bad else "ok", number, "-", check.__name__, "# SKIP cannot be looked at here" if bad is None else "")
    for line in bad or []:
        print("#", line)
sys.exit(failed > 0)
