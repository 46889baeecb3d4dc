#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Names, connections and listeners between two hosts that the tests make for themselves, in network namespaces.

usage: network.py PROBE [--sanitized] [SCENARIO...]    run as root: all scenarios, or those whose names contain a word

The two hosts and what is on them:

  client  10.77.0.1, 2001:db8:77::1, fe80::77:1 on va, which has the number 17
  server  10.77.0.2, 2001:db8:77::2, fe80::77:2 on vb, which has the number 23
          .53  a name server that never answers        .54  one that answers slowly, or with an error
          .61  and .62, v6 as well: hosts that are silent

The IPv6 addresses are those for documentation (RFC 3849) and not unique-local ones: RFC 6724 places the latter after
IPv4, and systems differ in whether they heed that.

Whatever ends it but SIGKILL, nothing is left behind. After that: ip netns del libsock-PID-client and -server, and rm -r
their folders in /etc/netns.
"""

import atexit
import contextlib
import ctypes
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

CLIENT, SERVER = (f"libsock-{os.getpid()}-{side}" for side in ("client", "server"))
C4, C6, C_LINK = "10.77.0.1", "2001:db8:77::1", "fe80::77:1"
S4, S6, S_LINK = "10.77.0.2", "2001:db8:77::2", "fe80::77:2"
C_INDEX, S_INDEX = 17, 23
SILENT_DNS, ODD_DNS = "10.77.0.53", "10.77.0.54"
SILENT4, SILENT6 = ["10.77.0.61", "10.77.0.62"], ["2001:db8:77::61", "2001:db8:77::62"]
MANY = [f"10.77.1.{n}" for n in range(1, 41)]  # more than a datagram of DNS holds

# What happens to a connection to each port of the server.
(OPEN, V6_DROP, V6_RESET, V6_PROHIBITED, V6_SLOW_V4_DROP, CLOSED, V6_DROP_V4_CLOSED, DROP, UNREACHABLE,
 FREE) = range(7000, 7010)
LISTENING = [OPEN, V6_DROP, V6_RESET, V6_PROHIBITED, V6_SLOW_V4_DROP]
# Type and code by IP version. The kernel forgets an ICMP message that comes while connect() is still sending, as on a
# wire without length all do (tcp_v6_err(), sock_owned_by_user): these come a while later, as from afar.
ICMP = {V6_PROHIBITED: {6: (1, 1)}, UNREACHABLE: {6: (1, 3), 4: (3, 1)}}
ICMP_MS = 20
FIREWALL = f"""
table inet libsock {{
	set silenced {{ type inet_service; }}
	chain in {{
		type filter hook input priority 0;
		tcp dport @silenced drop
		ip daddr {SILENT_DNS} udp dport 53 drop
		ip daddr {{ {", ".join(SILENT4)} }} drop
		ip6 daddr {{ {", ".join(SILENT6)} }} meta l4proto tcp drop
		meta nfproto ipv6 tcp dport {{ {V6_DROP}, {V6_DROP_V4_CLOSED} }} drop
		meta nfproto ipv6 tcp dport {V6_RESET} reject with tcp reset
		meta nfproto ipv6 tcp dport {V6_PROHIBITED} drop
		tcp dport {{ {DROP}, {UNREACHABLE} }} drop
		meta nfproto ipv4 tcp dport {V6_SLOW_V4_DROP} drop
		tcp dport {V6_SLOW_V4_DROP} tcp flags & (syn | ack) == syn numgen inc mod 2 0 drop
	}}
}}
"""
HOST_RECORDS = [
    ("v4.test", S4), ("v6.test", S6), ("dual.test", S4), ("dual.test", S6),
    ("noroute.test", "192.0.2.1"), ("noroute.test", "2001:db8:dead::1"),
    ("halfway.test", S4), ("halfway.test", "2001:db8:dead::1"),
    *[("silent.test", a) for a in SILENT4 + SILENT6],
    *[("last.test", a) for a in [*SILENT6, S4]],
    *[("many.test", a) for a in MANY],
    ("client.test", C4), ("client.test", C6),
    ("short.one.test", S4), ("short.two.test", "2001:db8:77::29"),
    ("named.test", "10.77.0.21"), ("named.test", "2001:db8:77::21"),
]
DNSMASQ = ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root",
           "--bind-interfaces", "--except-interface=lo", f"--listen-address={S4}",
           "--local=/test/", "--local=/77.10.in-addr.arpa/",
           "--local=/7.7.0.0.8.b.d.0.1.0.0.2.ip6.arpa/", "--ptr-record=24.0.77.10.in-addr.arpa,127.0.0.1",
           "--ptr-record=25.0.77.10.in-addr.arpa,two words.test",
           *[f"--host-record={name},{address}" for name, address in HOST_RECORDS]]


class Wrong(Exception):
    """Something was not as it must be."""


class Missing(Exception):
    """This machine cannot make the two hosts."""


def want(good, *what):
    if not good:
        raise Wrong(" ".join(str(word) for word in what))


def spread(values):
    return f"{min(values)} to {max(values)} ms"


# ------------------------------------------------------------------------------------------------------ the two hosts


def inside(host, *command):
    return ["ip", "netns", "exec", host, *map(str, command)]


def before_exec():
    """Run before everybody else, if allowed: the library is measured, not the neighbours. And end with the tests."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def run(*command, text=None):
    try:
        done = subprocess.run([str(word) for word in command], input=text, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{' '.join(map(str, command))}: {error}") from error
    if done.returncode != 0:
        raise Missing(f"{' '.join(map(str, command))}: {' '.join((done.stderr + done.stdout).split())}")
    return done.stdout


class Process:
    """A program on one of the hosts that stays until it is let go, with its lines as they come."""

    started = []

    def __init__(self, host, *command, stream="stdout"):
        self.name = " ".join(map(str, command[:4]))
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": None, stream: subprocess.PIPE}
        # ip becomes the program: it is one process.
        self.process = subprocess.Popen(inside(host, *command), **pipes, preexec_fn=before_exec)
        self.pipe = getattr(self.process, stream)
        self.rest = b""
        Process.started.append(self)

    def line(self, seconds=10):
        end = time.monotonic() + seconds
        while b"\n" not in self.rest:
            left = end - time.monotonic()
            ready = left > 0 and select.select([self.pipe], [], [], left)[0]
            data = os.read(self.pipe.fileno(), 4096) if ready else b""
            want(data, self.name, "ended" if ready else f"said nothing for {seconds} s", self.rest)
            self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode()

    def json(self, seconds=10):
        return json.loads(self.line(seconds))

    def let_go(self):
        """End of its input; what it says last."""
        self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        for pipe in (self.process.stdin, self.pipe):
            with contextlib.suppress(OSError):
                pipe.close()
        if self in Process.started:
            Process.started.remove(self)


def configuration(host):
    return os.path.join("/etc/netns", host)


def resolve_with(server, search=""):
    """From now on programs on the client ask this name server; they wait a second for it, once."""
    folder = configuration(CLIENT)
    with open(os.path.join(folder, "new"), "w") as file:
        file.write(f"nameserver {server}\noptions timeout:1 attempts:1\n{search}")
    os.replace(os.path.join(folder, "new"), os.path.join(folder, "resolv.conf"))


def configure(host):
    folder = configuration(host)
    os.makedirs(folder)
    for name, text in (("nsswitch.conf", "hosts: files dns\n"), ("hosts", "127.0.0.1 localhost\n"), ("gai.conf", "")):
        if os.path.exists(os.path.join("/etc", name)):  # ip can only lay a file over one that is there
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)


def set_up_addresses():
    for host, link, addresses in ((CLIENT, "va", [C4, C6, C_LINK]),
                                  (SERVER, "vb", [S4, S6, S_LINK, SILENT_DNS, ODD_DNS, *SILENT4, *SILENT6])):
        run("ip", "-n", host, "link", "set", "lo", "up")
        run("ip", "-n", host, "link", "set", link, "addrgenmode", "none")
        for address in addresses:
            run("ip", "-n", host, "addr", "add", address + ("/64" if ":" in address else "/24"), "dev", link,
                *["nodad"] * (":" in address))
        run("ip", "-n", host, "link", "set", link, "up")


def wait_for_link():
    end = time.monotonic() + 10
    for host, link, peer in ((CLIENT, "va", S6), (SERVER, "vb", C6)):
        while "LOWER_UP" not in run("ip", "-n", host, "link", "show", link) or \
                link not in run("ip", "-n", host, "-6", "route", "get", peer):
            if time.monotonic() > end:
                raise Missing(f"{link} does not come up")
            select.select([], [], [], 0.01)


def set_up():
    if sys.platform != "linux" or os.geteuid() != 0:
        raise Missing("needs Linux and root")
    for tool in ("ip", "nft", "dnsmasq"):
        if not shutil.which(tool):
            raise Missing(f"{tool} is not installed")
    atexit.register(clean_up)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    for host in (CLIENT, SERVER):
        run("ip", "netns", "add", host)
        configure(host)
    run("ip", "link", "add", "va", "index", C_INDEX, "netns", CLIENT, "type", "veth",
        "peer", "name", "vb", "index", S_INDEX, "netns", SERVER)
    set_up_addresses()
    run(*inside(SERVER, "nft", "-f", "-"), text=FIREWALL)
    wait_for_link()
    try:
        dnsmasq = Process(SERVER, *DNSMASQ, stream="stderr")
        while "started" not in (line := dnsmasq.line()):
            if "failed" in line:
                raise Missing(line)
        for helper in HELPERS:
            want(Process(SERVER, sys.executable, os.path.abspath(__file__), helper).line() == "ready", helper)
    except Wrong as error:
        raise Missing(str(error)) from error
    resolve_with(S4)


def clean_up():
    for process in list(Process.started):
        process.stop()
    for host in (CLIENT, SERVER):
        if os.path.exists(os.path.join("/run/netns", host)):
            subprocess.run(["ip", "netns", "del", host], check=False)
        shutil.rmtree(configuration(host), ignore_errors=True)
    with contextlib.suppress(OSError):
        os.rmdir("/etc/netns")  # unless somebody else uses it


# ------------------------------------------------------------------------------------------ what runs on the server


def listen():
    """Take connections on every port of LISTENING, and close each when its peer has."""
    poll, sockets = select.poll(), {}
    for port in LISTENING:
        listener = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128)
        sockets[listener.fileno()] = listener
        poll.register(listener, select.POLLIN)
    listeners = set(sockets)
    print("ready", flush=True)
    while True:
        for fd, _ in poll.poll():
            if fd in listeners:
                conn, _ = sockets[fd].accept()
                sockets[conn.fileno()] = conn
                poll.register(conn, select.POLLIN)
            else:
                data = b""
                with contextlib.suppress(OSError):
                    data = sockets[fd].recv(4096)
                if not data:
                    poll.unregister(fd)
                    sockets.pop(fd).close()


def dns():
    """A name server whose answer is in the name: slow-300 is this host, after so many ms; rcode-2 an error.

    both-N-M has an IPv6 address after N ms and an IPv4 one after M, or "never".
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((ODD_DNS, 53))
    print("ready", flush=True)
    while True:
        query, peer = sock.recvfrom(512)
        label = query[13:13 + query[12]].decode()
        end = query.index(b"\0", 12) + 5
        kind, *numbers = label.split("-")
        numbers = [-1 if number == "never" else int(number) for number in numbers]
        address = {1: socket.inet_aton(S4), 28: socket.inet_pton(socket.AF_INET6, S6)}.get(
            int.from_bytes(query[end - 4:end - 2], "big"), b"")
        six = len(address) == 16
        answers = bool(address) and (kind == "both" or (kind == "slow" and not six))
        delay = numbers[not six] if kind == "both" else numbers[0] if kind == "slow" else 0
        rcode = numbers[0] if kind == "rcode" else 0
        if delay < 0:
            continue
        reply = query[:2] + struct.pack("!HHHHH", 0x8580 | rcode, 1, int(answers), 0, 0) + query[12:end]
        if answers:
            reply += b"\xc0\x0c" + struct.pack("!HHIH", 28 if six else 1, 1, 0, len(address)) + address
        threading.Timer(delay / 1000, sock.sendto, (reply, peer)).start()


def internet_checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def icmp():
    """Answer connections to the ports of ICMP, as a router on the way would."""
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))  # ETH_P_ALL
    sniffer.bind(("vb", 3))
    out = {4: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
           6: socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)}
    print("ready", flush=True)
    while True:
        packet, link = sniffer.recvfrom(2048)
        version = packet[0] >> 4
        tcp = packet[40:] if version == 6 else packet[(packet[0] & 15) * 4:]
        if link[2] == socket.PACKET_OUTGOING or len(tcp) < 20 or packet[6 if version == 6 else 9] != socket.IPPROTO_TCP:
            continue
        what = ICMP.get(int.from_bytes(tcp[2:4], "big"), {}).get(version)
        if what and tcp[13] & 2:  # SYN
            message = struct.pack("!BBHI", *what, 0, 0) + packet
            peer = socket.inet_ntop(socket.AF_INET6, packet[8:24]) if version == 6 else socket.inet_ntoa(packet[12:16])
            if version == 4:  # the kernel itself does it for IPv6
                message = struct.pack("!BBHI", *what, internet_checksum(message), 0) + packet
            threading.Timer(ICMP_MS / 1000, out[version].sendto, (message, (peer, 0))).start()


def headers():
    """Tell of every datagram to the port FREE how it came: version, what is left of its TTL, and TOS."""
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))  # ETH_P_ALL
    sniffer.bind(("vb", 3))
    print("ready", flush=True)
    while True:
        packet, link = sniffer.recvfrom(2048)
        version = packet[0] >> 4
        udp = packet[40:] if version == 6 else packet[(packet[0] & 15) * 4:]
        protocol, ttl = (packet[6], packet[7]) if version == 6 else (packet[9], packet[8])
        tos = (packet[0] & 15) << 4 | packet[1] >> 4 if version == 6 else packet[1]
        if link[2] != socket.PACKET_OUTGOING and protocol == socket.IPPROTO_UDP and udp[2:4] == FREE.to_bytes(2, "big"):
            print(json.dumps([version, ttl, tos]), flush=True)


HELPERS = {"--listen": listen, "--dns": dns, "--icmp": icmp}
TOOLS = {"--headers": headers}  # started by the one scenario that needs it


# ------------------------------------------------------------------------------------------------ asking the probe


def probe_lines(host, *args, seconds=120, prefix=()):
    try:
        done = subprocess.run(inside(host, *prefix, PROBE, *args), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds, preexec_fn=before_exec)
    except subprocess.TimeoutExpired as error:
        raise Wrong("probe", *args, f"did not end within {seconds} s") from error
    want(done.returncode == 0, "probe", *args, "ended with", done.returncode, done.stderr.strip())
    return [json.loads(line) for line in done.stdout.splitlines()]


def probe(*args, **options):
    """One result, of a call that leaves no descriptor behind."""
    *results, end = probe_lines(CLIENT, *args, **options)
    want(end["fds"] == 0, "probe", *args, "leaves", end["fds"], "descriptors")
    return results[0]


def timely(result, least, most):
    """Not late: not counting the time in which the program was ready to run and others ran."""
    return least <= result["ms"] and result["ms"] - result["held"] <= most + SLACK


def expect(result, code, least=0, most=150):
    want(result["code"] == code and timely(result, least, most), f"not {code} in {least} to {most} ms but", result)
    return result


def glibc():
    """Whether the probe has the GNU C library's resolver; otherwise it is musl's, which tells less."""
    return probe_lines(CLIENT, "libc")[0]["libc"] == "glibc"


def hundred(*args, code, least, most, check=lambda result: None):
    """A hundred times the same: all their codes and times right. Their times."""
    *results, end = probe_lines(CLIENT, *args, 100, seconds=300)
    bad = [r for r in results if r["code"] != code or not timely(r, least, most)]
    want(len(results) == 100 and not bad, len(bad), f"of 100 are not {code} in {least} to {most} ms, such as", bad[:3])
    for result in results:
        check(result)
    return spread([r["ms"] for r in results]), results, end


def tried(result):
    """Who was tried, and how it ended."""
    want(result["count"] == len(result["attempts"]), "count is", result["count"], "of", result["attempts"])
    return [(host, code) for host, _, code in result["attempts"]]


# ----------------------------------------------------------------------------------------------------------- scenarios


def names_have_their_addresses_in_order():
    for name, any_, v4, v6 in (("v4.test", [S4], [S4], []), ("v6.test", [S6], [], [S6]),
                               ("dual.test", [S6, S4], [S4], [S6])):
        for family, addresses in (("any", any_), ("4", v4), ("6", v6)):
            for limit in (2000, "forever"):
                result = expect(probe("resolve", name, family, limit), "OK" if addresses else "EAI_NONAME")
                want(result["addrs"] == addresses, name, family, limit, "has", result["addrs"])
    expect(probe("resolve", "dual.test", "any", "nowait"), "EAGAIN", most=10)
    return f"dual.test is {S6}, then {S4}"


def a_short_name_is_one_host_of_the_search_list():
    for domains, addresses in (("one.test two.test", [S4]), ("two.test one.test", ["2001:db8:77::29"])):
        resolve_with(S4, f"search {domains}\n")
        for limit in (2000, "forever"):
            result = expect(probe("resolve", "short", "any", limit), "OK")
            want(result["addrs"] == addresses, "of", domains, "short is", result["addrs"])
    resolve_with(S4)


def forty_addresses_arrive_each_once():
    result = expect(probe("resolve", "many.test", "any", 2000), "OK")
    found = result["addrs"]
    want(len(set(found)) == len(found) and set(found) <= set(MANY), "many.test has", found)
    want(len(found) == len(MANY) or not glibc(), "many.test has only", found)  # before 1.2.4 musl asks over UDP only
    return f"{len(found)} of {len(MANY)}"


def literals_need_no_name_server():
    resolve_with(SILENT_DNS)
    for host, shown in ((S4, S4), ("2001:DB8:77:0::2", S6), (S_LINK + "%va", f"{S_LINK}%{C_INDEX}"),
                        (f"{S_LINK}%{C_INDEX}", f"{S_LINK}%{C_INDEX}")):
        for limit in (0, "nowait", "forever"):
            result = expect(probe("resolve", host, "any", limit), "OK", most=10)
            want(result["addrs"] == [shown], host, "is shown as", result["addrs"])
    expect(probe("resolve", S_LINK + "%vb", "any", 100), "ENODEV", most=10)
    expect(probe("resolve", S4, "6", 100), "EAFNOSUPPORT", most=10)
    expect(probe("resolve", "localhost", "any", 100), "OK", most=10)


def failing_name_servers_have_their_codes():
    found = []
    formerr = "EAI_NONAME" if glibc() else "EAI_AGAIN"  # an answer that makes no sense is none to musl
    for what, server, name, code in (
            ("NXDOMAIN", S4, "missing.test", "EAI_NONAME"), ("REFUSED", S4, "refused.example", "EAI_AGAIN"),
            ("SERVFAIL", ODD_DNS, "rcode-2.test", "EAI_AGAIN"), ("FORMERR", ODD_DNS, "rcode-1.test", formerr),
            ("no server", "10.77.0.99", "v4.test", "EAI_AGAIN")):
        resolve_with(server)
        for limit in (5000, "forever"):
            expect(probe("resolve", name, "any", limit), code, most=4500)
        found.append(f"{what} {code}")
    return ", ".join(found)


def a_slow_name_server_is_waited_for_as_long_as_told():
    resolve_with(ODD_DNS)
    expect(probe("resolve", "slow-300.test", "4", 2000), "OK", 290, 450)
    *results, _ = probe_lines(CLIENT, "resolve", "slow-300.test", "4", 200, 3)
    for result in results:
        expect(result, "ETIMEDOUT", 200, 210)


def a_silent_name_server_ends_a_look_up_at_its_deadline():
    resolve_with(SILENT_DNS)
    times, _, _ = hundred("resolve", "dual.test", "any", 200, code="ETIMEDOUT", least=200, most=210)
    expect(probe("resolve", "dual.test", "any", "nowait"), "EAGAIN", most=10)
    own = expect(probe("resolve", "dual.test", "any", "forever"), "EAI_AGAIN", 900, 8000)["ms"]
    return f"100 of 100 in {times}; the resolver itself gives up after {own} ms"


def a_silent_name_server_ends_a_dial_at_its_deadline():
    resolve_with(SILENT_DNS)

    def check(result):
        want(result["attempts"] == [] and result["count"] == 0 and "socket" not in result, "left", result)

    times, _, _ = hundred("dial", "dual.test", OPEN, 200, code="ETIMEDOUT", least=200, most=210, check=check)
    return f"100 of 100 in {times}"


def a_family_that_never_answers_does_not_hold_a_dial():
    resolve_with(ODD_DNS)
    took = []
    for name, least, address in (("both-never-0", 50, S4), ("both-0-never", 0, S6), ("both-20-0", 20, S6),
                                 ("both-200-0", 50, S4), ("both-0-200", 0, S6), ("both-never-100", 150, S4)):
        for limit in (3000, 30000, "forever"):
            result = expect(probe_lines(CLIENT, "dial", name + ".test", OPEN, limit)[0], "OK", least, least + 150)
            want(result["peer"] == [address, OPEN] and result["count"] == 1, name, limit, result)
            took.append(f"{result['ms']}")
    expect(probe_lines(CLIENT, "dial", "both-never-never.test", OPEN, 300)[0], "ETIMEDOUT", 300, 310)
    return " ".join(took) + " ms"


def an_answer_that_is_late_joins_the_dial():
    resolve_with(ODD_DNS)
    for name, port, least, most in (("both-0-100", V6_RESET, 100, 200), ("both-0-100", V6_DROP, 250, 350),
                                    ("both-0-400", V6_DROP, 400, 500)):
        result = expect(probe_lines(CLIENT, "dial", name + ".test", port, "forever")[0], "OK", least, most)
        want([host for host, _ in tried(result)] == [S6, S4] and result["peer"][0] == S4, name, port, result)
    result = expect(probe_lines(CLIENT, "dial", "both-300-0.test", CLOSED, 5000)[0], "ECONNREFUSED", 300, 400)
    want(tried(result) == [(S4, "ECONNREFUSED"), (S6, "ECONNREFUSED")], result)


def a_look_up_gives_at_its_deadline_what_has_come():
    resolve_with(ODD_DNS)
    for name, address in (("both-never-0.test", S4), ("both-0-never.test", S6)):
        result = expect(probe_lines(CLIENT, "resolve", name, "any", 300)[0], "OK", 300, 310)
        want(result["addrs"] == [address], name, result)
    expect(probe_lines(CLIENT, "resolve", "both-never-never.test", "any", 300)[0], "ETIMEDOUT", 300, 310)
    result = expect(probe_lines(CLIENT, "resolve", "both-100-0.test", "any", 2000)[0], "OK", 100, 200)
    want(result["addrs"] == [S6, S4], result)


def alone(setup, *args):
    """The probe on a host of its own, without a network."""
    shell = f"ip link set lo up; {setup}; exec \"$0\" \"$@\""
    return probe_lines(CLIENT, *args, prefix=["unshare", "-n", "sh", "-c", shell])


def a_host_without_ipv6_serves_and_dials_localhost():
    off = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/lo/disable_ipv6"
    for host, local in (("localhost", "127.0.0.1"), ("", None), ("127.0.0.1", "127.0.0.1")):
        result = expect(alone(off, "serve", host, FREE, 0)[0], "OK")
        want(local in (None, result["local"][0]), host, "is", result)
    expect(alone(off, "serve", "::1", FREE, 0)[0], "EADDRNOTAVAIL")
    result = alone(off, "dial", "localhost", FREE, 2000)[0]
    want(tried(result)[0] == ("127.0.0.1", "ECONNREFUSED") and result["code"] == "ECONNREFUSED", result)
    expect(alone("true", "serve", "localhost", FREE, 0)[0], "OK")


def a_client_is_never_its_own_server():
    only = f"echo {FREE} {FREE} > /proc/sys/net/ipv4/ip_local_port_range"
    for host in ("127.0.0.1", "::1", "localhost"):
        for limit in (2000, "forever"):
            *results, end = alone(only, "dial", host, FREE, limit, 5)
            bad = [r for r in results if r["code"] not in ("ECONNREFUSED", "EADDRNOTAVAIL")]
            want(not bad and len(results) == 5 and end["fds"] == 0, host, limit, bad, end)


def interfaces_are_told_by_their_number():
    """An address's label may be any text, another interface's name among them."""
    setup = ("ip link add w0 index 30 type veth peer name w1 index 31; ip addr add 10.9.9.9/32 dev lo label lo:x; "
             "ip addr add 10.8.8.8/24 dev w0 label w0x; ip addr add 10.8.8.9/24 dev w0 label w0:w1; "
             "ip addr add 10.7.7.7 peer 10.7.7.8 dev w0")
    rows = alone(setup, "interfaces")[0]["rows"]
    for row in (["lo", 1, "10.9.9.9"], ["w0", 30, "10.8.8.8"], ["w0", 30, "10.8.8.9"], ["w0", 30, "10.7.7.7"], ["w1", 31, ""]):
        want(row in rows, row, "is not in", rows)
    want(len(rows) == 7, rows)


def an_interface_of_many_names_hides_none():
    """What Linux tells of it is longer than a few pages; where it has no room for that, it ends its answer."""
    for count in (160, 400):
        names = f"seq -f 'link property add dev w0 altname w%0126.0f' {count} | ip -batch -"
        setup = f"ip link add w0 index 30 type veth peer name w1 index 31; {names}; ip addr add 10.8.8.8/24 dev w0"
        rows = alone(setup, "interfaces")[0]["rows"]
        want(rows[-2:] == [["w0", 30, "10.8.8.8"], ["w1", 31, ""]] and len(rows) > 2, count, "names:", rows)


def ten_thousand_look_ups_given_up_leave_nothing_behind():
    resolve_with(SILENT_DNS)
    own = probe("resolve", "dual.test", "any", "forever")["ms"]
    result = probe_lines(CLIENT, "giveup", 10000, 5, "dual.test", seconds=600)[0]
    want(result["done"] == 10000 and result["other"] == "OK", result)
    want(0 <= result["settled"] <= own + 500 + SLACK, "the resolver takes", own, "ms, this longer:", result)
    for what in ("threads", "fds"):
        start, peak, end = result[what]
        want(start == end and peak <= start + 256, what, result[what])
    grown = result["rss"][2] - result["rss"][1]
    want(grown < 1024 or SANITIZED, "grown by", grown, "KiB", result["rss"])
    threads, fds = result["threads"], result["fds"]
    return (f"threads {threads[0]}, at most {threads[1]}, {threads[2]} after {result['settled']} ms; "
            f"descriptors {fds[0]}, at most {fds[1]}, {fds[2]}; "
            f"{grown} KiB more than after 1000 ({result['rss'][1]} to {result['rss'][2]}); "
            f"longest call {result['longest']} ms; {result['again']} EAI_AGAIN")


def more_than_256_look_ups_at_a_time_are_refused():
    resolve_with(SILENT_DNS)
    result = probe_lines(CLIENT, "limit", 1000, "dual.test")[0]
    want(result["code"] == "EAI_AGAIN" and result["looking"] == 256 and result["threads"] == 256, result)
    want(result["ms"] <= 10 + SLACK and result["settled"] >= 0 and result["afterwards"] == "ETIMEDOUT", result)
    return f"256 in {result['took']} ms, then EAI_AGAIN in {result['ms']} ms; all over {result['settled']} ms later"


def a_dial_takes_ipv6_first():
    for limit in (2000, "forever"):
        result = expect(probe("dial", "dual.test", OPEN, limit), "OK")
        want(tried(result) == [(S6, "OK")] and result["peer"] == [S6, OPEN] and result["local"][0] == C6, result)


def a_dial_through_dead_ipv6_costs_a_quarter_of_a_second():
    def check(result):
        want(tried(result) == [(S6, "ECANCELED"), (S4, "OK")] and result["peer"] == [S4, V6_DROP], result)

    times, _, end = hundred("dial", "dual.test", V6_DROP, 5000, code="OK", least=250, most=300, check=check)
    want(end == {"fds": 0, "threads": 0}, "left", end)
    return f"100 of 100 over IPv4 in {times}"


def a_dial_past_rejected_ipv6_goes_on_at_once():
    found = []
    for port, code in ((V6_RESET, "ECONNREFUSED"), (V6_PROHIBITED, "EACCES")):
        times, results, _ = hundred("dial", "dual.test", port, 5000, code="OK", least=0, most=99)
        bad = [r for r in results if tried(r) != [(S6, code), (S4, "OK")]]
        want(not bad, len(bad), "of 100 were tried otherwise:", bad[:1])
        found.append(f"{code} {times}")
    return ", ".join(found)


def a_dial_tells_the_most_telling_error():
    for port, limit, code, least, most, attempts in (
            (CLOSED, 2000, "ECONNREFUSED", 0, 100, [(S6, "ECONNREFUSED"), (S4, "ECONNREFUSED")]),
            (CLOSED, "forever", "ECONNREFUSED", 0, 100, [(S6, "ECONNREFUSED"), (S4, "ECONNREFUSED")]),
            (V6_DROP_V4_CLOSED, 600, "ECONNREFUSED", 250, 610, [(S6, "ETIMEDOUT"), (S4, "ECONNREFUSED")]),
            (UNREACHABLE, 2000, "EHOSTUNREACH", 0, 100, [(S6, "EHOSTUNREACH"), (S4, "EHOSTUNREACH")]),
            (DROP, 200, "ETIMEDOUT", 200, 210, [(S6, "ETIMEDOUT")]),
            (DROP, 400, "ETIMEDOUT", 400, 410, [(S6, "ETIMEDOUT"), (S4, "ETIMEDOUT")]),
            (DROP, 0, "ETIMEDOUT", 0, 10, None)):
        result = expect(probe("dial", "dual.test", port, limit), code, least, most)
        want(attempts is None or tried(result) == attempts, port, limit, "tried", result)
        want("socket" not in result, "a socket is left", result)


def a_dial_into_silence_ends_at_its_deadline():
    times, _, end = hundred("dial", "dual.test", DROP, 300, code="ETIMEDOUT", least=300, most=310)
    want(end == {"fds": 0, "threads": 0}, "left", end)
    return f"100 of 100 in {times}"


def a_dial_takes_the_families_in_turn():
    counts = []
    for limit, count in ((200, 1), (400, 2), (650, 3), (900, 4), (1300, 4)):
        result = expect(probe("dial", "silent.test", OPEN, limit), "ETIMEDOUT", limit, limit + 10)
        hosts = [host for host, _ in tried(result)]
        want([":" in host for host in hosts] == [True, False, True, False][:count], limit, "ms tried", hosts)
        want(len(set(hosts)) == count, limit, "ms tried", hosts)
        counts.append(str(len(hosts)))
    result = expect(probe("dial", "last.test", OPEN, 5000), "OK", 250, 300)
    want([code for _, code in tried(result)] == ["ECANCELED", "OK"], result)
    return f"{' '.join(counts)} attempts"


def an_attempt_that_is_slow_still_wins():
    result = expect(probe("dial", "dual.test", V6_SLOW_V4_DROP, 5000), "OK", 900, 1500)
    want(tried(result) == [(S6, "OK"), (S4, "ECANCELED")] and result["peer"][0] == S6, result)
    return f"IPv6 after {result['ms']} ms, with the second SYN"


def no_way_to_the_host_is_an_error_of_its_own():
    result = expect(probe("dial", "noroute.test", OPEN, 2000), "ENETUNREACH", most=100)
    want(sorted(code for _, code in tried(result)) == ["ENETUNREACH"] * 2, result)
    expect(probe("dial", "192.0.2.1", OPEN, 2000), "ENETUNREACH", most=100)
    silent = expect(probe("dial", "10.77.0.99", OPEN, 10000), "EHOSTUNREACH", 0, 9000)
    expect(probe("dial", "10.77.0.99", OPEN, 200), "ETIMEDOUT", 200, 210)
    return f"nobody answers ARP: EHOSTUNREACH after {silent['ms']} ms"


def a_dial_of_datagrams_takes_the_first_address_with_a_way():
    for limit in (2000, "forever"):
        for name, host, own in (("v4.test", S4, C4), ("v6.test", S6, C6), ("dual.test", S6, C6), ("halfway.test", S4, C4)):
            result = expect(probe("udp-dial", name, OPEN, limit), "OK")
            want(tried(result) == [(host, "OK")] and result["peer"] == [host, OPEN] and result["local"][0] == own, result)
    result = expect(probe("udp-dial", "noroute.test", OPEN, 2000), "ENETUNREACH")
    want(sorted(code for _, code in tried(result)) == ["ENETUNREACH"] * 2, result)
    expect(probe("udp-dial", "v6.test", OPEN, "nowait"), "EAGAIN", most=10)


def a_client_without_ipv6_dials_ipv4_at_once():
    run("ip", "-n", CLIENT, "addr", "del", C6 + "/64", "dev", "va")
    try:
        result = expect(probe("dial", "dual.test", V6_DROP, 2000), "OK", most=100)
        want(result["peer"] == [S4, V6_DROP], result)
        expect(probe("dial", "v6.test", OPEN, 2000), "ENETUNREACH", most=100)
    finally:
        run("ip", "-n", CLIENT, "addr", "add", C6 + "/64", "dev", "va", "nodad")
        wait_for_link()


def a_dial_takes_one_family_and_literals():
    for host, peer in (("v4.test", S4), ("v6.test", S6), (S4, S4), ("2001:DB8:77:0::2", S6),
                       (f"{S_LINK}%va", f"{S_LINK}%{C_INDEX}"), (f"{S_LINK}%{C_INDEX}", f"{S_LINK}%{C_INDEX}")):
        result = expect(probe("dial", host, OPEN, 2000), "OK", most=100)
        want(result["peer"] == [peer, OPEN] and [code for _, code in tried(result)] == ["OK"], host, result)
    resolve_with(SILENT_DNS)
    expect(probe("dial", S4, OPEN, "forever"), "OK", most=100)
    expect(probe("dial", S4, DROP, "nowait"), "EAGAIN", most=10)
    expect(probe("dial", "dual.test", OPEN, "nowait"), "EAGAIN", most=10)


def a_dial_refuses_what_cannot_be_dialled():
    for host, port, code in (("dual.test", 0, "EPORT"), (S4, 0, "EPORT"), ("missing.test", OPEN, "EAI_NONAME"),
                             ("", OPEN, "ENAME"), ("a..test", OPEN, "ENAME"), ("127.1", OPEN, "ENAME"),
                             (f"{S_LINK}%nowhere", OPEN, "ENODEV")):
        result = expect(probe("dial", host, port, 2000), code)
        want(result["count"] == 0 and "socket" not in result, host, result)


def a_connect_to_a_name_ends_at_its_deadline():
    for host, code in (("v4.test", "OK"), ("dual.test", "OK"), ("v6.test", "EAI_NONAME"),
                       ("missing.test", "EAI_NONAME")):
        expect(probe_lines(CLIENT, "connect", host, OPEN, 2000)[0], code)
    resolve_with(SILENT_DNS)
    for _ in range(5):
        expect(probe_lines(CLIENT, "connect", "v4.test", OPEN, 200)[0], "ETIMEDOUT", 200, 210)
    expect(probe_lines(CLIENT, "connect", "v4.test", OPEN, "nowait")[0], "EAGAIN", most=10)


def link_local_streams_show_their_scope():
    for bind, local in ((S_LINK + "%vb", S_LINK), (f"{S_LINK}%{S_INDEX}", S_LINK), ("", "::")):
        server = Process(SERVER, PROBE, "serve", bind, FREE, 2)
        ready = expect(server.json(), "OK")
        want(ready["local"] == [local + (f"%{S_INDEX}" if bind else ""), FREE], "bound to", ready)
        for to, source in ((f"{S_LINK}%va", []), (f"{S_LINK}%{C_INDEX}", [C_LINK + "%va"])):
            client = Process(CLIENT, PROBE, "connect", to, FREE, 2000, *source)
            mine, theirs = expect(client.json(), "OK"), expect(server.json(), "OK", most=5000)
            want(mine["local"][0] == f"{C_LINK}%{C_INDEX}", "client sees", mine)
            want(mine["peer"] == [f"{S_LINK}%{C_INDEX}", FREE], "client sees", mine)
            client_is = [f"{C_LINK}%{S_INDEX}", mine["local"][1]]
            want(theirs["accepted"] == theirs["peer"] == client_is, "server sees", theirs)
            want(theirs["local"] == [f"{S_LINK}%{S_INDEX}", FREE], "server sees", theirs)
            client.let_go()
        server.let_go()
    return f"{C_LINK}%{S_INDEX} at the server, {S_LINK}%{C_INDEX} at the client"


def link_local_datagrams_show_their_scope():
    for bind in (S_LINK + "%vb", f"{S_LINK}%{S_INDEX}", ""):
        server = Process(SERVER, PROBE, "udp-echo", bind, FREE, 2)
        expect(server.json(), "OK")
        for to, source in ((f"{S_LINK}%va", []), (f"{S_LINK}%{C_INDEX}", [f"{C_LINK}%{C_INDEX}"])):
            mine = probe_lines(CLIENT, "udp-send", to, FREE, *source)[0]
            want(mine["code"] == "OK" and mine["from"] == [f"{S_LINK}%{C_INDEX}", FREE], "client sees", mine)
            theirs = expect(server.json(), "OK", most=5000)
            want(theirs["from"][0] == f"{C_LINK}%{S_INDEX}", "server sees", theirs)
        server.let_go()


def a_listener_on_everything_shows_each_family_as_itself():
    server = Process(SERVER, PROBE, "serve", "", FREE, 2)
    want(expect(server.json(), "OK")["local"][1] == FREE, "the port")
    for to, source in ((S4, C4), (S6, C6)):
        client = Process(CLIENT, PROBE, "connect", to, FREE, 2000)
        mine, theirs = expect(client.json(), "OK"), expect(server.json(), "OK", most=5000)
        want(theirs["accepted"] == mine["local"] and mine["local"][0] == source, "client sees", mine, "server", theirs)
        want(theirs["local"] == mine["peer"] == [to, FREE], "client sees", mine, "server", theirs)
        client.let_go()
    server.let_go()
    return f"{C4} and {C6}"


def a_name_can_be_served():
    for host, code, local in (("client.test", "OK", [C6, FREE]), ("v4.test", "EADDRNOTAVAIL", None),
                              ("missing.test", "EAI_NONAME", None), ("a..test", "ENAME", None)):
        result = expect(probe_lines(CLIENT, "serve", host, FREE, 0)[0], code)
        want(result.get("local") == local, host, "is", result)


STATES = {"01": "ESTABLISHED", "04": "FIN_WAIT1", "05": "FIN_WAIT2", "06": "TIME_WAIT", "0A": "LISTEN"}


def states_of(port):
    """The states of the server's connections on the port, listeners left out."""
    rows = run(*inside(SERVER, "cat", "/proc/net/tcp", "/proc/net/tcp6")).splitlines()
    numbers = [row.split()[3] for row in rows if re.match(rf"\s*\d+: [0-9A-F]+:{port:04X} ", row)]
    return [STATES.get(number, number) for number in numbers if STATES.get(number) != "LISTEN"]


def a_port_is_served_again_right_after_a_restart_but_not_twice():
    port, seen, clients = FREE + 1, set(), []
    for round_ in range(4):
        server = Process(SERVER, PROBE, "serve", "", port, 2)
        expect(server.json(), "OK")
        for host in ("", "0.0.0.0", "::", S4, S6):
            second = Process(SERVER, PROBE, "serve", host, port, 0)
            expect(second.json(), "EADDRINUSE")
            second.let_go()
        old, clients = clients, [Process(CLIENT, PROBE, "connect", to, port, 2000) for to in (S4, S6)]
        for client in clients:
            expect(client.json(), "OK")
            expect(server.json(), "OK", most=10000)
        server.let_go()  # the server ends first: the connections drain on its side
        states = states_of(port)
        want(len(states) >= 2, "old connections on the port:", states)
        seen.update(states)
        for client in clients if round_ % 2 else old:
            client.let_go()
    return f"beside {' and '.join(sorted(seen))}"


def addresses_have_their_names():
    unknown = "EAI_AGAIN" if glibc() else "EAI_NONAME"  # musl's getnameinfo() knows no failure
    for address, code, name in (("10.77.0.21", "OK", "named.test"), ("2001:db8:77::21", "OK", "named.test"),
                                ("10.77.0.23", "EAI_NONAME", None), ("2001:db8:77::23", "EAI_NONAME", None),
                                ("10.77.0.24", "EAI_NONAME", None), ("10.77.0.25", "EAI_NONAME", None),
                                ("198.51.100.1", unknown, None), ("named.test", "ENAME", None),
                                ("", "ENAME", None)):
        for limit in (2000, "forever"):
            result = expect(probe("reverse", address, limit), code, most=150 if glibc() else 1500)
            want(result["name"] == [name or address, 4242], address, "is", result)
    expect(probe("reverse", "10.77.0.21", "nowait"), "EAGAIN", most=10)
    return "a PTR of 127.0.0.1 or with a blank is no name"


def a_silent_name_server_ends_a_reverse_look_up_at_its_deadline():
    resolve_with(SILENT_DNS)
    times, _, _ = hundred("reverse", "10.77.0.21", 100, code="ETIMEDOUT", least=100, most=110)
    expect(probe("reverse", "10.77.0.21", "forever"), "EAI_AGAIN" if glibc() else "EAI_NONAME", 900, 8000)
    return f"100 of 100 in {times}"


# enum sock_option
TTL, TOS, _, DONTFRAG, KEEPALIVE, IDLE, INTERVAL, COUNT, USER_TIMEOUT, LOOP, MULTICAST_TTL, INTERFACE = range(208, 220)


def tell(host, family, to, text, *options, source="-", code="OK"):
    result = probe_lines(host, "udp-tell", family, source, to, FREE, text, *options)[0]
    want(result["code"] == code, "sending to", to, "is", result)


def hearer(host, family, count, group, source, index, code="OK"):
    process = Process(host, PROBE, "udp-hear", family, FREE, count, group, source, index)
    expect(process.json(), code)
    return process


def hears(process, text, *sources):
    result = process.json(30)
    want(result["code"] == "OK" and result["text"] == text and result["from"][0] in sources, "not", text, "but", result)


# A socket's family, a group, who sends to it, who else does, and how the other host may see the first of them.
GROUPS = [("4", "239.77.0.1", S4, ODD_DNS), ("6", "239.77.0.2", S4, ODD_DNS), ("6", "ff05::77:1", S6, SILENT6[0])]


def a_group_is_heard_across_hosts():
    for family, group, source, _ in GROUPS:
        for index in [C_INDEX, 0] if ":" in group else [C_INDEX]:
            client = hearer(CLIENT, family, 1, group, "-", index)
            tell(SERVER, family, group, "hello", INTERFACE, S_INDEX, source=source)
            hears(client, "hello", source)
            client.let_go()
    hearer(CLIENT, "4", 0, "239.77.0.1", "-", 0, code="ENODEV")  # there is no route to choose by
    tell(SERVER, "4", "239.77.0.1", "hello", code="ENETUNREACH")


def a_group_is_heard_from_one_source_only():
    for family, group, source, other in GROUPS:
        group = group.replace("239", "232").replace("ff05", "ff35")  # what RFC 4607 sets aside for this
        for index in [C_INDEX, 0] if ":" in group else [C_INDEX]:
            client = hearer(CLIENT, family, 1, group, source, index)
            tell(SERVER, family, group, "no", INTERFACE, S_INDEX, source=other)
            tell(SERVER, family, group, "yes", INTERFACE, S_INDEX, source=source)
            hears(client, "yes", source)
            client.let_go()


def an_interface_without_ipv4_is_for_ipv6_alone():
    bare = C_INDEX + 100
    run("ip", "-n", CLIENT, "link", "add", "bare", "index", bare, "type", "veth", "peer", "name", "bare2")
    try:
        run("ip", "-n", CLIENT, "addr", "add", "fe80::77:3/64", "dev", "bare", "nodad")
        for link in "bare", "bare2":
            run("ip", "-n", CLIENT, "link", "set", link, "up")
        tell(CLIENT, "4", "239.77.0.1", "hello", INTERFACE, bare, code="EADDRNOTAVAIL")
        tell(CLIENT, "6", "ff05::77:1", "hello", INTERFACE, bare)
        tell(CLIENT, "6", "239.77.0.1", "hello", INTERFACE, C_INDEX, INTERFACE, bare, code="ENETUNREACH")
        for family, group in (("4", "239.77.0.1"), ("6", "239.77.0.1"), ("6", "ff05::77:1")):
            hearer(CLIENT, family, 0, group, "-", bare).let_go()
    finally:
        run("ip", "-n", CLIENT, "link", "del", "bare")


def what_is_sent_with_loop_off_is_heard_elsewhere_only():
    for family, group, source, _ in GROUPS:
        client, server = hearer(CLIENT, family, 2, group, "-", C_INDEX), hearer(SERVER, family, 1, group, "-", S_INDEX)
        tell(SERVER, family, group, "elsewhere", INTERFACE, S_INDEX, LOOP, 0, source=source)
        tell(SERVER, family, group, "everywhere", INTERFACE, S_INDEX, source=source)
        hears(client, "elsewhere", source)
        hears(client, "everywhere", source)
        hears(server, "everywhere", source)
        client.let_go()
        server.let_go()


def hops_and_class_are_as_set_on_the_wire():
    sniffer = Process(SERVER, sys.executable, os.path.abspath(__file__), "--headers")
    want(sniffer.line() == "ready", "the sniffer")
    for family, to, version in (("4", S4, 4), ("6", S4, 4), ("6", S6, 6)):
        tell(CLIENT, family, to, "x")
        want(sniffer.json() == [version, 64, 0], "by itself, to", to)
        tell(CLIENT, family, to, "x", TTL, 7, TOS, 0xb8)
        want(sniffer.json() == [version, 7, 0xb8], "to", to, "from a socket of family", family)
    for family, to, version in (("4", "239.77.0.1", 4), ("6", "239.77.0.1", 4), ("6", "ff05::77:1", 6)):
        for options, ttl in (([], 1), ([MULTICAST_TTL, 9, TTL, 7], 9), ([MULTICAST_TTL, 255], 255)):
            tell(CLIENT, family, to, "x", INTERFACE, C_INDEX, *options)
            want(sniffer.json()[:2] == [version, ttl], "to", to, options)
    sniffer.let_go()


def a_datagram_that_may_not_be_cut_up_says_that_it_is_too_long():
    for family, to in (("4", S4), ("6", S4), ("6", S6)):
        tell(CLIENT, family, to, "x" * 3000)
        tell(CLIENT, family, to, "x" * 1400, DONTFRAG, 1)
        tell(CLIENT, family, to, "x" * 3000, DONTFRAG, 1, code="EMSGSIZE")


def a_peer_that_vanishes_is_given_up_in_the_time_that_was_set():
    port, took = FREE + 2, []
    for host in (S4, S6):
        for text, options in (("hello", [USER_TIMEOUT, 1000]), ("", [KEEPALIVE, 1, IDLE, 1000, INTERVAL, 1000, COUNT, 1])):
            server = Process(SERVER, PROBE, "serve", "", port, 1)
            expect(server.json(), "OK")
            client = Process(CLIENT, PROBE, "silence", host, port, text, *options)
            expect(client.json(), "OK", most=2000)
            run(*inside(SERVER, "nft", "add", "element", "inet", "libsock", "silenced", f"{{ {port} }}"))
            client.process.stdin.close()
            result = client.json(60)
            want(result["code"] == "ECONNTIMEDOUT", options, "ends in", result)
            took.append(result["ms"])
            run(*inside(SERVER, "nft", "flush", "set", "inet", "libsock", "silenced"))
            client.stop()
            server.let_go()
    return spread(took)


SCENARIOS = [
    names_have_their_addresses_in_order,
    a_short_name_is_one_host_of_the_search_list,
    forty_addresses_arrive_each_once,
    literals_need_no_name_server,
    failing_name_servers_have_their_codes,
    a_slow_name_server_is_waited_for_as_long_as_told,
    a_silent_name_server_ends_a_look_up_at_its_deadline,
    a_silent_name_server_ends_a_dial_at_its_deadline,
    a_family_that_never_answers_does_not_hold_a_dial,
    an_answer_that_is_late_joins_the_dial,
    a_look_up_gives_at_its_deadline_what_has_come,
    ten_thousand_look_ups_given_up_leave_nothing_behind,
    more_than_256_look_ups_at_a_time_are_refused,
    a_dial_takes_ipv6_first,
    a_dial_through_dead_ipv6_costs_a_quarter_of_a_second,
    a_dial_past_rejected_ipv6_goes_on_at_once,
    a_dial_tells_the_most_telling_error,
    a_dial_into_silence_ends_at_its_deadline,
    a_dial_takes_the_families_in_turn,
    an_attempt_that_is_slow_still_wins,
    no_way_to_the_host_is_an_error_of_its_own,
    a_dial_of_datagrams_takes_the_first_address_with_a_way,
    a_client_without_ipv6_dials_ipv4_at_once,
    a_dial_takes_one_family_and_literals,
    a_dial_refuses_what_cannot_be_dialled,
    a_connect_to_a_name_ends_at_its_deadline,
    link_local_streams_show_their_scope,
    link_local_datagrams_show_their_scope,
    a_listener_on_everything_shows_each_family_as_itself,
    a_name_can_be_served,
    a_host_without_ipv6_serves_and_dials_localhost,
    a_client_is_never_its_own_server,
    interfaces_are_told_by_their_number,
    an_interface_of_many_names_hides_none,
    a_port_is_served_again_right_after_a_restart_but_not_twice,
    addresses_have_their_names,
    a_silent_name_server_ends_a_reverse_look_up_at_its_deadline,
    a_group_is_heard_across_hosts,
    a_group_is_heard_from_one_source_only,
    an_interface_without_ipv4_is_for_ipv6_alone,
    what_is_sent_with_loop_off_is_heard_elsewhere_only,
    hops_and_class_are_as_set_on_the_wire,
    a_datagram_that_may_not_be_cut_up_says_that_it_is_too_long,
    a_peer_that_vanishes_is_given_up_in_the_time_that_was_set,
]


def perform(scenario):
    """Whether it went well, and its figures or what went wrong."""
    services = list(Process.started)
    resolve_with(S4)
    try:
        return True, scenario() or ""
    except (Wrong, Missing, KeyError, json.JSONDecodeError) as error:
        return False, f"{type(error).__name__}: {error}"
    finally:
        for process in [p for p in Process.started if p not in services]:
            process.stop()


def main():
    chosen = [s for s in SCENARIOS if not WORDS or any(word in s.__name__ for word in WORDS)]
    try:
        set_up()
    except Missing as error:
        print("1..0 # SKIP", error)
        return 0
    print(f"1..{len(chosen)}", flush=True)
    failed = 0
    for number, scenario in enumerate(chosen, 1):
        good, text = perform(scenario)
        failed += not good
        name = scenario.__name__.replace("_", " ")
        print("ok" if good else "not ok", number, "-", f"{name}: {text}" if good and text else name, flush=True)
        if not good:
            print("#", text.replace("\n", " "), flush=True)
    return failed > 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if sys.argv[1] in HELPERS | TOOLS:
        (HELPERS | TOOLS)[sys.argv[1]]()
    SANITIZED = "--sanitized" in sys.argv
    SLACK = 100 if SANITIZED else 0
    PROBE, *WORDS = [os.path.abspath(sys.argv[1]), *[arg for arg in sys.argv[2:] if arg != "--sanitized"]]
    sys.exit(main())
