#!/usr/bin/env python3
"""Each sentence of the header and of the documents stands in tests/promises.md, beside the tests that fail when it is broken.

usage: promises.py SOURCE-ROOT [--write]

With --write the list is brought up to date: a sentence that has not changed keeps its tests, and a new one gets a "?".
Instead of that whoever wrote the sentence names its tests, as `file: test`, or puts "–" and why nothing can break it.
"""

import ast
import glob
import itertools
import os
import re
import sys

root = sys.argv[1]
LIST = os.path.join("tests", "promises.md")
# What `file` stands for: FILE.c in tests/unit or tests/loopback, tests/examples/NAME.py for example-NAME, or one of these.
FILES = {
    "faults": "faults/inject", "faults-everywhere": "faults/everywhere", "habits": "habits/habits.py",
    "instructions": "cost/instructions", "linking": "linking/linking.py", "system-calls": "cost/system-calls", "network": "network/network.py",
    "network-connections": "network/connections.py", "promises": "promises/promises.py", "unload": "unload/unload.c",
    "copies": "unload/copies.c",
}
# Whose every sentence is listed, too, but for programs, pictures and the tables that name a test in each row themselves.
DOCUMENTS = ["README.md", "docs/mainpage.md", "docs/python.md", "docs/porting.md"]
LEFT_OUT = ["README.md: Try it", "README.md: Use it", "docs/mainpage.md: Where to begin", "docs/mainpage.md: More",
            "docs/porting.md: How to port"]  # instructions and lists of links
HEAD = """# What the header and the documents promise, and the tests that fail when it is broken

`python3 tests/promises/promises.py .` checks that each sentence of the header's documentation, of README.md and of the
pages in docs/ for programmers has a row here, and that the tests in it exist; with `--write` it adds and removes rows.
A "–" is followed by why nothing can break the sentence.
"""


def read(*parts):
    with open(os.path.join(root, *parts), encoding="utf-8") as file:
        return file.read()


def name_of(code):
    """What a piece of C declares: a macro, a type, a call, an enum's value or a member."""
    for pattern in (r"^\s*#define (\w+)", r"^\s*(?:enum|struct) (\w+) \{", r"^\s*(LIBSOCK_(?!API)\w+)",
                    r"\b(sock_\w+)\(", r"(\w+)(?:\[\w+\])?;"):
        if found := re.search(pattern, code):
            return found[1]
    raise ValueError("documentation of what? " + code)


def things(header):
    """(name, member, comment) of each documentation comment; a member, and an enum's value, belongs to its type."""
    within = ""
    for match in re.finditer(r"/\*\*(<?)(.*?)\*/|^(?:enum|struct) (\w+) \{|^\};", header, re.S | re.M):
        trailing, comment, opened = match.groups()
        if comment is None:
            within = opened or ""
            continue
        comment = re.sub(r"^[ \t]*\*[ \t]?", "", comment, flags=re.M).strip()
        if group := re.match(r"@defgroup (\w+).*", comment):
            yield "group " + group[1], "", comment[group.end():]
        elif comment.startswith("@file"):
            yield "libsock.h", "", comment[len("@file"):]
        elif not re.match(r"@(cond|endcond|\})", comment):
            line = header[header.rfind("\n", 0, match.start()) + 1:match.start()]
            name = name_of(line if trailing else re.match(r"[^;{]*.", header[match.end():])[0])
            yield within or name, name if within else "", comment


def paragraphs(comment):
    """(what it is of, text): a paragraph, a list's item, a table's row, or what a Doxygen command is about."""
    comment = re.sub(r"@since [\d.]+|@\{|@brief |@ref ", "", comment)
    comment = re.sub(r"^    .*\n", "", comment, flags=re.M) if "\n\n    " in comment else comment  # a program
    comment = re.sub(r"^\|.*\|\n\|[ |-]*\|$", "", comment, flags=re.M)  # the head of a table
    for text in re.split(r"\n\s*\n|\n(?=[ ]*(?:@|- |\d\. |\|))", comment):
        text = re.sub(r"^(- |\d\. )", "", " ".join(text.split()))
        if text.startswith("|"):
            yield "", ": ".join(cell.strip() for cell in text.strip("| ").split(" | "))
        elif command := re.match(r"@param(?:\[[\w,]+\])? ([\w,]+) |@(return) |@par (Threads) ", text):
            yield next(filter(None, command.groups())), text[command.end():]
        elif text:
            yield "", text


def items(text):
    """What a list of results promises one by one: each code, with what it means."""
    for item in re.split(r"; (?:and: |and |or )?|,? or: |, and: |, or (?=#)|\bOr: ", text):
        codes = re.match(r"((?:#LIBSOCK_E\w+, )*#LIBSOCK_E\w+)(, [^#].*|: .*)?$", item)
        if not codes:
            yield from filter(None, [item.strip(" .")])
        else:
            yield from (code + (codes[2] or "").rstrip(".") for code in codes[1].split(", "))


def chapters(path):
    """(document and heading, "", text) of each part of a document."""
    text = re.sub(r"^```(?s:.*?)^```$|^!\[.*\)$|^\|.*\| test \|\n(\|.*\n)+", "", read(path), flags=re.M)
    for part in re.split(r"^#+ ", text, flags=re.M)[1:]:
        heading, _, body = part.partition("\n")
        if f"{path}: {heading}" not in LEFT_OUT:
            yield f"{path}: {heading}", "", body


def sentences():
    """{what of the header, or which part of a document: its sentences, in order}"""
    found = {}
    for name, member, comment in itertools.chain(things(read("include", "libsock.h")), *map(chapters, DOCUMENTS)):
        rows = found.setdefault(name, [])
        for what, text in paragraphs(comment):
            for sentence in re.split(r"(?<=[.?!])\s+(?=\S)", text):
                parts = items(sentence) if what == "return" else [sentence]
                rows += [": ".join(filter(None, [member, what, part])).replace("|", "\\|") for part in parts]
    return {name: rows for name, rows in found.items() if rows or ": " not in name}


def listed():
    """{name: [(sentence, tests)]}, as tests/promises.md has them."""
    found = {}
    for line in read(LIST).splitlines():
        if line.startswith("### "):
            rows = found.setdefault(line[4:], [])
        elif line.startswith("| ") and line not in ("| promise | test |", "| --- | --- |"):
            rows.append(tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:3]))
    return found


def write(wanted):
    old = listed() if os.path.exists(os.path.join(root, LIST)) else {}
    with open(os.path.join(root, LIST), "w", encoding="utf-8") as file:
        file.write(HEAD)
        for name, rows in wanted.items():
            tests = dict(old.get(name, []))
            table = [f"| {row} | {tests.get(row, '?')} |" for row in rows]
            file.write("\n".join(["", f"### {name}", "", "| promise | test |", "| --- | --- |", *table, ""]))


def each_sentence_has_a_row_and_each_row_a_sentence():
    wanted, found = sentences(), listed()
    bad = [f"no section: {name}" for name in wanted if name not in found]
    bad += [f"documents nothing: {name}" for name in found if name not in wanted]
    for name in wanted.keys() & found.keys():
        pairs = itertools.zip_longest(wanted[name], (sentence for sentence, _ in found[name]))
        bad += next(([f"{name}: {ours!r} is listed as {theirs!r}"] for ours, theirs in pairs if ours != theirs), [])
    return bad


def each_row_names_a_test_or_says_why_there_is_none():
    return [f"{name}: {sentence}: {tests}" for name, rows in listed().items() for sentence, tests in rows
            if not re.search(r"^– \w|`[\w-]+: [^`]+`", tests)]


def names_in(file):
    """Patterns of what the tests in a file are called: START_TEST and TAP in C, functions and texts in Python."""
    path = FILES.get(file) or (f"examples/{file[8:]}.py" if file.startswith("example-") else f"unit/{file}.c")
    if not os.path.exists(os.path.join(root, "tests", path)):
        path = f"loopback/{file}.c"
    if not os.path.exists(os.path.join(root, "tests", path)):
        return
    text = read("tests", path)
    if path.endswith(".c"):
        yield from re.findall(r"^START_TEST\((\w+)\)", text, re.M)
        yield from (name.replace("%s", ".+") for name in re.findall(r"ok %d - ([^\"\\]+)", text))
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.escape(node.value)
        elif isinstance(node, ast.JoinedStr):  # an f-string: what is in braces may be anything
            parts = [re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in node.values]
            yield from ["".join(parts)] if len("".join(parts)) > 12 else []


def each_test_that_a_document_names_exists():
    bad, names = [], {}
    for path in (LIST, "docs/porting.md"):
        for line in read(path).splitlines():
            tests = re.split(r"(?<!\\)\|", line)[-2] if line.startswith("|") else ""
            for file, test in re.findall(r"`([\w-]+): ([^`]+)`", tests):
                if file not in names:
                    names[file] = list(names_in(file))
                if not any(re.fullmatch(name, test) for name in names[file]):
                    bad.append(f"{path} names {file}: {test}")
    return sorted(set(bad))


def functions(text):
    """(name, whether it is a test, body) of each function of a C file."""
    for test, name, body in re.findall(r"^(?:START_TEST\((\w+)\)|[a-z][^\n;{}()]*?\b(\w+)\([^;{}]*?\))\n\{\n(.*?)^\}", text, re.M | re.S):
        yield test or name, bool(test), body


def each_test_that_asks_for_the_system_has_a_row_of_what_differs():
    """Directly, or by a helper: of the tests that call one that asks, at least one is named."""
    rows = "\n".join(line for line in read("docs", "porting.md").splitlines() if line.startswith("|"))
    bad = []
    for path in sorted(glob.glob("unit/*.c", root_dir=os.path.join(root, "tests")) +
                       glob.glob("loopback/*.c", root_dir=os.path.join(root, "tests"))):
        file = os.path.basename(path)[:-2]
        found = list(functions(read("tests", path)))
        for asks, _, body in found:
            if not re.search(r"\bnative_is_(wine|windows)\(|^#if.*_WIN32", body, re.M):
                continue
            names = {asks}
            while more := {name for name, _, body in found if re.search(rf"\b({'|'.join(names)})\b", body)} - names:
                names |= more
            tests = sorted(name for name, is_test, _ in found if is_test and name in names)
            if tests and not any(f"`{file}: {test}`" in rows for test in tests):
                bad.append(f"{path}: {asks}: none of {', '.join(tests)}")
    return bad


if "--write" in sys.argv:
    write(sentences())
    sys.exit(0)
CHECKS = [
    each_sentence_has_a_row_and_each_row_a_sentence,
    each_row_names_a_test_or_says_why_there_is_none,
    each_test_that_a_document_names_exists,
    each_test_that_asks_for_the_system_has_a_row_of_what_differs,
]
print(f"1..{len(CHECKS)}")
failed = 0
for number, check in enumerate(CHECKS, 1):
    bad = check()
    failed += bool(bad)
    print("not ok" if bad else "ok", number, "-", check.__name__)
    for line in bad:
        print("#", line)
sys.exit(failed > 0)
