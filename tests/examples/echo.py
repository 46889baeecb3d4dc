"""The echo examples talk to each other, and say what is wrong when they cannot."""
import contextlib
import pathlib
import socket
import struct
import subprocess
import time

from harness import (DEADLINE, WINDOWS, Running, check, check_error, finish, has_ipv6, run, running, skip,
                     start_server, unused_port)

TEXTS = {
    'a word': 'hello',
    'spaces': ' two  words and a tail ',
    'nothing': '',
    'bytes beyond ASCII': 'größer ≠ kleiner',
    'a long text': 'The quick brown fox. ' * 1400,  # Windows takes 32767 characters of command line
}


def echoes(kind, host):
    server = start_server(f'{kind}_echo_server', host + ':0')
    check_error(f'{kind} over {host}: a second server', run(f'{kind}_echo_server', server), 'already in use')
    for what, text in TEXTS.items():
        if WINDOWS and not text.isascii():
            continue  # main() of a Windows program gets them in a code page
        done = run(f'{kind}_echo_client', server, text)
        got = done.stdout.replace(b'\r\n', b'\n')
        check(f'{kind} over {host}: {what}', (done.returncode, got, done.stderr) == (0, text.encode() + b'\n', b''),
              f'exit status {done.returncode}, {len(got)} bytes, {got[:80]!r}', done.stderr)


for kind in 'tcp', 'udp':
    echoes(kind, '127.0.0.1')
    if has_ipv6():
        echoes(kind, '[::1]')
    else:
        skip(f'{kind} over [::1]', 'no IPv6 here')

    client = f'{kind}_echo_client'
    server = f'{kind}_echo_server'
    socket_type = socket.SOCK_STREAM if kind == 'tcp' else socket.SOCK_DGRAM
    for address, word in {
        '256.1.1.1:7': 'malformed host',
        '127.1:7': 'malformed host',
        'no..name:7': 'malformed host',
        '[::1:7': 'malformed host',
        '': 'malformed host',
        '127.0.0.1:65536': 'malformed port',
        '127.0.0.1:echo': 'malformed port',
        '127.0.0.1:': 'malformed port',
        '127.0.0.1:0': 'malformed port',
        '127.0.0.1': 'malformed port',
        '[::1%nosuchinterface]:7': 'no such network interface',
    }.items():
        check_error(f'{client} {address!r}', run(client, address, 'hello'), client, address + ': ', word)
    nobody = f'127.0.0.1:{unused_port(socket_type)}'
    check_error(f'{client} where nobody listens', run(client, nobody, 'hello'), client, nobody, 'connection refused')
    check_error(f'{client} without a text', run(client, nobody), 'usage: ', client, status=2)
    if not WINDOWS or kind == 'tcp':  # Wine 8 binds UDP sockets to any address
        check_error(f'{server} at a foreign address', run(server, '203.0.113.1:7'), server, 'not available')
    check_error(f'{server} with a malformed address', run(server, '127.0.0.1:x'), server, 'malformed port')

for what, answer in {'a control sequence': b'\x1b[2J', 'less': b'hell', 'more': b'hello!', 'nothing': b''}.items():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.settimeout(DEADLINE)
        server.bind(('127.0.0.1', 0))
        client = Running('udp_echo_client', '127.0.0.1:%d' % server.getsockname()[1], 'hello')
        _, peer = server.recvfrom(100)
        server.sendto(answer, peer)
    line = client.complains()
    check(f'udp_echo_client hears {what}: no echo', (client.finish(), client.hears(1)) == (1, b'') and 'protocol' in line, line)
    with socket.create_server(('127.0.0.1', 0)) as server:
        client = Running('tcp_echo_client', '127.0.0.1:%d' % server.getsockname()[1], 'hello')
        conn, _ = server.accept()
        with conn:
            conn.recv(100)
            conn.sendall(answer)
            conn.shutdown(socket.SHUT_WR)
            line = client.complains()
    word = 'end of the stream' if b'hello'.startswith(answer) else 'protocol'
    check(f'tcp_echo_client hears {what}: no echo', (client.finish(), client.hears(1)) == (1, b'') and word in line, line)

with socket.create_server(('127.0.0.1', 0)) as server:
    client = Running('tcp_echo_client', '127.0.0.1:%d' % server.getsockname()[1], 'hello')
    conn, _ = server.accept()
    with conn:
        conn.sendall(b'hello')  # and no end
        line = client.complains()
check('tcp_echo_client gives up on time', client.finish() == 1 and 'timed out' in line, line)

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.settimeout(DEADLINE)
    server.bind(('127.0.0.1', 0))
    client = Running('udp_echo_client', 'localhost:%d' % server.getsockname()[1], 'hello')
    data, peer = server.recvfrom(100)
    server.sendto(data, peer)
check('udp_echo_client asks all addresses of a name', client.finish() == 0 and client.hears(5) == b'hello')
for kind in 'tcp', 'udp':
    server = start_server(f'{kind}_echo_server', 'localhost:0')
    done = run(f'{kind}_echo_client', 'localhost:' + server.rpartition(':')[2], 'hello')
    check(f'{kind}: localhost reaches localhost', (done.returncode, done.stdout.strip()) == (0, b'hello'), server, done)
    server = start_server(f'{kind}_echo_server', ':0')
    for host in ['127.0.0.1', '[::1]'][:1 + has_ipv6()]:
        done = run(f'{kind}_echo_client', f'{host}:' + server.rpartition(':')[2], 'hello')
        check(f'{kind}: a server of all addresses hears {host}', (done.returncode, done.stdout.strip()) == (0, b'hello'), done)


def udp(host, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(DEADLINE)
    s.bind((host, port))
    return s


server = start_server('udp_echo_server', '127.0.0.1:0')
port = int(server.rpartition(':')[2])
with udp('127.0.0.1', 0) as good:
    for other in port, 7, 13, 19, 123, 1023:
        try:
            bad = udp('127.0.0.2', other)
        except OSError as error:
            skip(f'nothing is said to port {other}', error)
            continue
        with bad:
            bad.sendto(b'ping', ('127.0.0.1', port))
            good.sendto(b'pong', ('127.0.0.1', port))
            answer = good.recv(100)
            bad.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                answer = bad.recv(100)
            check(f'nothing is said to port {other}', answer == b'pong', answer)
    good.sendto(b'', ('127.0.0.1', port))
    check('an empty datagram is answered', good.recv(100) == b'')


def cpu_ticks(process):
    fields = pathlib.Path(f'/proc/{process.pid}/stat').read_text().rpartition(')')[2].split()
    return int(fields[11]) + int(fields[12])


def forge(source, target):
    """A datagram from one port of 127.0.0.1 to another one, whoever has them."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
        raw.sendto(struct.pack('!4H', source, target, 12, 0) + b'ping', ('127.0.0.1', 0))


other = start_server('udp_echo_server', '127.0.0.1:0')
other_port = int(other.rpartition(':')[2])
try:
    forge(port, port)
    for _ in range(3):
        forge(other_port, port)
except (OSError, AttributeError) as error:
    skip('servers do not talk with each other for ever', error)
else:
    ticks, more = -1, 0
    by = time.monotonic() + DEADLINE
    while ticks != more and time.monotonic() < by:
        ticks = more
        with contextlib.suppress(subprocess.TimeoutExpired):
            running[server].wait(0.5)
        more = cpu_ticks(running[server]) + cpu_ticks(running[other])
    check('servers do not talk with each other for ever', ticks == more and running[server].poll() is None, ticks, more)

if not WINDOWS:  # whose command line is shorter than that
    huge = run('udp_echo_client', nobody, 'x' * 65508)
    check_error('udp_echo_client with more than a datagram can hold', huge, nobody, 'message too long')
finish()
