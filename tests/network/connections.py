#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""netstat and ss tell the same of a machine of the test's own: a network namespace with sockets in every state.

usage: connections.py NETSTAT [--many]    run as root; --many: 50 000 connections, and how long it takes to list them

The namespace belongs to this process and ends with it.
"""
import collections
import contextlib
import ctypes
import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'examples'))
from harness import DEADLINE, PROGRAMS, check, finish, skip, skip_all  # noqa: E402

MANY = 50_000
USER = 4711  # owns some of the sockets; needs no name
DROPPED, HALF_OPEN, NO_FIN = 7001, 7002, 7003  # ports that the firewall keeps connections from, or in a state
FIREWALL = f'''
table inet libsock {{
	chain out {{
		type filter hook output priority 0;
		tcp dport {DROPPED} drop
		tcp sport {HALF_OPEN} tcp flags & (syn | ack) == (syn | ack) drop
		tcp sport {NO_FIN} tcp flags & fin == fin drop
	}}
}}
'''
WORDS = {'ESTAB': 'ESTABLISHED', 'FIN-WAIT-1': 'FIN_WAIT1', 'FIN-WAIT-2': 'FIN_WAIT2'}

kept = []  # sockets that stay open


def run(*command, text=None):
    """What has to go well before anything can be tested."""
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=DEADLINE)
    except OSError as error:
        skip_all(error)
    if done.returncode != 0:
        skip_all(f'{" ".join(command)}: {" ".join(done.stderr.split())}')
    return done.stdout


def make_machine():
    for tool in 'ip', 'nft', 'ss':
        if not shutil.which(tool):
            skip_all(f'{tool} is not installed')
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:  # CLONE_NEWNET
        skip_all(f'no network namespace: {os.strerror(ctypes.get_errno())}')
    run('ip', 'link', 'set', 'lo', 'up')
    run('ip', 'link', 'add', 'va', 'index', '17', 'type', 'veth', 'peer', 'name', 'vb')
    run('ip', 'link', 'set', 'va', 'up')
    run('ip', 'link', 'set', 'vb', 'up')
    run('ip', 'addr', 'add', 'fe80::77:1/64', 'dev', 'va', 'nodad')
    run('nft', '-f', '-', text=FIREWALL)
    pathlib.Path('/proc/sys/net/ipv4/ip_local_port_range').write_text('10000 65000')
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


# ------------------------------------------------------------------------------------------- sockets in every state


def family_of(host):
    return socket.AF_INET6 if ':' in host else socket.AF_INET


def listen(host, port=0, v6only=False):
    s = socket.socket(family_of(host))
    kept.append(s)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if s.family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    s.bind(socket.getaddrinfo(host, port)[0][4])
    s.listen(64)
    return s


def connect(listener, host=None):
    """Both ends of a new connection."""
    address = socket.getaddrinfo(host, listener.getsockname()[1])[0][4] if host else listener.getsockname()
    client = socket.create_connection(address[:2]) if host else socket.socket(listener.family)
    if not host:
        client.connect(address)
    server = listener.accept()[0]
    kept.extend([client, server])
    return client, server


def begin(host, port):
    client = socket.socket(family_of(host))
    client.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        client.connect((host, port))
    kept.append(client)


def drop(s):
    """Closed here, and as far as this test goes forgotten."""
    kept.remove(s)
    s.close()


def datagram(host, peer=None):
    s = socket.socket(family_of(host), socket.SOCK_DGRAM)
    kept.append(s)
    s.bind(socket.getaddrinfo(host, 0)[0][4])
    if peer:
        s.connect(peer)
    return s


def all_states(listener):
    for i in range(12):
        client, server = connect(listener)
        client.sendall(b'x' * i)  # unread
        connect(listener)[0].shutdown(socket.SHUT_WR)  # FIN_WAIT2 and CLOSE_WAIT
        drop(connect(listener)[1])  # the same, the closed one nobody's any more
        for end in connect(listener):  # TIME_WAIT
            drop(end)
    for _ in range(3):  # in the listener's queue, nobody's yet
        waiting = socket.socket(listener.family)
        waiting.connect(listener.getsockname())
        kept.append(waiting)


def stuck_states(host):
    """A machine that never sends the FIN from one port."""
    listener = listen(host, NO_FIN)
    for _ in range(5):
        connect(listener)[1].shutdown(socket.SHUT_WR)  # FIN_WAIT1, and the peer ESTABLISHED
        client, server = connect(listener)
        client.shutdown(socket.SHUT_WR)
        server.recv(1)
        drop(server)  # LAST_ACK, and the peer FIN_WAIT2
        client, server = connect(listener)
        drop(server)
        drop(client)  # CLOSING and FIN_WAIT2


def populate():
    hosts = ['127.0.0.1', '127.9.8.7', '::1', '0.0.0.0', '::', 'fe80::77:1%va']
    for host in hosts:
        all_states(listen(host))
    dual = listen('::')
    for i in range(150):
        connect(dual, '127.0.0.1')
        connect(listen(hosts[i % 3]))
    listen('::', v6only=True)
    for host in '127.0.0.1', '::1':
        stuck_states(host)
        listen(host, HALF_OPEN)
        for _ in range(8):
            begin(host, DROPPED)  # SYN_SENT
            begin(host, HALF_OPEN)  # the same, and SYN_RECV
    os.seteuid(USER)
    for host in hosts:
        receiver = datagram(host)
        for i in range(8):
            sender = datagram(host, receiver.getsockname())
            sender.send(b'x' * i)
        connect(listen(host))
    os.seteuid(0)


# ----------------------------------------------------------------------------------------------- what is told of them


def address(text, scope=None):
    """As ss writes it, as netstat does; a scope is a number, and told of the peer too."""
    host, own_scope, port = re.fullmatch(r'(.*?)(?:%([^:\]]+))?:(\d+|\*)', text).groups()
    if (own_scope or scope) and host.startswith('[fe80:'):
        host = f'{host[:-1]}%{socket.if_nametoindex(own_scope or scope)}]'
    host = {'*': '[::]'}.get(host, re.sub(r'^\[::ffff:([\d.]+)\]$', r'\1', host))
    return f'{host}:{port}'


def ss():
    rows = []
    for line in run('ss', '-tunaeHO').splitlines():
        kind, state, received, unsent, local, remote, *rest = line.split()
        wide = '6' if local[0] in '[*' else ''
        user = re.search(r'uid:(\d+)', line)
        owner = '-' if re.search(r'\bino:0\b', line) else f'uid {user[1] if user else 0}'
        scope = re.search(r'%([^:]+):', local)
        peer = '*:*' if state in ('LISTEN', 'UNCONN') else address(remote, scope and scope[1])
        word = WORDS.get(state, state.replace('-', '_'))
        rows.append((kind + wide, received, unsent, address(local), peer, word, owner))
    return collections.Counter(rows)


def netstat(*prefix):
    done = subprocess.run([*prefix, PROGRAMS['netstat'], '-tuna'], stdout=subprocess.PIPE, text=True, timeout=DEADLINE,
                          env=os.environ | {'ASAN_OPTIONS': 'detect_leaks=0'})  # which cannot be done under strace
    if done.returncode != 0:
        check('netstat ends well', False, done)
    return collections.Counter(tuple(line.split(maxsplit=6)) for line in done.stdout.splitlines()[1:])


def without_what_proc_leaves_out(rows):
    """/proc has neither scopes nor how long a listener's queue may be."""
    return collections.Counter({(kind, received, '-' if state == 'LISTEN' else unsent, re.sub('%17', '', local),
                                 re.sub('%17', '', remote), state, owner): count
                                for (kind, received, unsent, local, remote, state, owner), count in rows.items()})


def at_one_time(*asked):
    """What each tells, between two times that ss tells the same: a retransmission may move something meanwhile."""
    for _ in range(10):
        before = ss()
        rows = [ask() for ask in asked]
        if ss() == before:
            break
    return before, rows


def differences(theirs, ours):
    return [f'ss: {row} {count}' for row, count in (theirs - ours).items()] + \
           [f'netstat: {row} {count}' for row, count in (ours - theirs).items()]


NO_NETLINK = ['-e', 'trace=socket', '-e', 'inject=socket:error=EPERM']
STRACE = shutil.which('strace') and ['strace', '-qq', '-o', '/dev/null', *NO_NETLINK]


def compare():
    populate()
    theirs, (ours,) = at_one_time(netstat)
    states = {row[5] for row in theirs}
    count = sum(theirs.values())
    check(f'{count} sockets: netstat and ss tell the same, line for line', theirs == ours, *differences(theirs, ours))
    check('at least 1000 of them', count >= 1000)
    check('in all states', states == {'UNCONN', 'LISTEN', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT1',
                                      'FIN_WAIT2', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK', 'TIME_WAIT'}, states)
    check('of both protocols and families', {row[0] for row in theirs} == {'tcp', 'tcp6', 'udp', 'udp6'})
    check('with scopes', any('%17]' in row[3] and '%17]' in row[4] for row in ours), *ours)
    check('of two users and of nobody', {row[6] for row in theirs} == {'uid 0', f'uid {USER}', '-'})
    if not STRACE:
        return skip('the same from /proc', 'strace is not installed')
    theirs, (ours,) = at_one_time(lambda: netstat(*STRACE))
    theirs = without_what_proc_leaves_out(theirs)
    return check(f'{sum(theirs.values())} sockets: the same from /proc', theirs == ours, *differences(theirs, ours))


# ------------------------------------------------------------------------------------------------------ very many


def crowd(host, pairs):
    """A process that keeps so many connections; it ends with this one, because its input does."""
    ready, done = os.pipe()
    hold, release = os.pipe()
    if os.fork() == 0:
        os.close(release)
        listener = listen(host)
        for _ in range(pairs):
            connect(listener)
        os.write(done, b'.')
        os.read(hold, 1)
        os._exit(0)
    os.close(done)
    os.close(hold)
    kept.append(release)
    return ready


def milliseconds(*command):
    """The best of five: others use this machine, too."""
    times = []
    for _ in range(5):
        begin_at = time.monotonic()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=DEADLINE)
        times.append(time.monotonic() - begin_at)
    return round(min(times) * 1000)


def list_many():
    crowds = [crowd(f'127.0.1.{i}', MANY // 10) for i in range(5)]
    if not all(os.read(ready, 1) for ready in crowds):
        skip_all('not so many sockets here')
    theirs, (ours,) = at_one_time(netstat)
    check(f'{sum(ours.values())} sockets: netstat and ss tell the same', theirs == ours and sum(ours.values()) >= MANY,
          *differences(theirs, ours)[:10])
    listed, shown, by_ss = (milliseconds(*command) for command in (
        [PROGRAMS['netstat'], '-un'], [PROGRAMS['netstat'], '-tuna'], ['ss', '-tunaH']))
    check(f'listed in {listed} ms, and shown in {shown} ms; by ss in {by_ss} ms', shown < 2 * by_ss)
    if STRACE:
        rows = netstat(*STRACE)
        took = milliseconds(*STRACE, PROGRAMS['netstat'], '-un')
        check(f'from /proc as many, listed in {took} ms', sum(rows.values()) == sum(ours.values()), sum(rows.values()))


make_machine()
if '--many' in sys.argv:
    list_many()
else:
    compare()
finish()
