"""The echo examples talk to each other, and say what is wrong when they cannot."""
import contextlib
import socket
import threading

from harness import (DEADLINE, WINDOWS, Running, check, check_error, finish, has_ipv6, run, skip, start_server,
                     unused_port)

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

for what, answer in {'a NUL': b'a\0b', 'nothing': b''}.items():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.settimeout(DEADLINE)
        server.bind(('127.0.0.1', 0))
        client = Running('udp_echo_client', '127.0.0.1:%d' % server.getsockname()[1], 'hello')
        _, peer = server.recvfrom(100)
        server.sendto(answer, peer)
    heard = client.hears(10).replace(b'\r\n', b'\n')
    check(f'udp_echo_client prints {what}', (client.finish(), heard) == (0, answer + b'\n'), heard)

with socket.create_server(('127.0.0.1', 0)) as server:
    client = Running('tcp_echo_client', '127.0.0.1:%d' % server.getsockname()[1], 'hello')
    conn, _ = server.accept()


def talk_on_and_on():
    with contextlib.suppress(OSError), conn:
        while True:
            conn.sendall(bytes(1 << 20))


talker = threading.Thread(target=talk_on_and_on)
talker.start()
while client.process.stdout.read(1):  # slower than it comes
    pass
line = client.complains()
check('tcp_echo_client gives up on time though there is always more', client.finish() == 1 and 'timed out' in line,
      line)
talker.join()

if not WINDOWS:  # whose command line is shorter than that
    huge = run('udp_echo_client', nobody, 'x' * 65508)
    check_error('udp_echo_client with more than a datagram can hold', huge, nobody, 'message too long')
finish()
