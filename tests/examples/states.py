"""The small examples that look at a socket: what waits in it, how it ended, how it goes."""
import re
import socket
import struct

from harness import DEADLINE, WINDOWS, Running, check, check_error, finish, run, unused_port

socket.setdefaulttimeout(DEADLINE)


def lines(done):
    return done.stdout.decode().splitlines()


def server():
    s = socket.create_server(('127.0.0.1', 0))
    return s, '127.0.0.1:%d' % s.getsockname()[1]


def listens(program, kind):
    """A program that listens, and a socket that is connected to it."""
    process = Running(program, '127.0.0.1:0')
    line = b''
    while not line.endswith(b'\n') and (more := process.hears(1)):
        line += more
    s = socket.socket(socket.AF_INET, kind)
    s.connect(('127.0.0.1', int(line.decode().strip().rpartition(':')[2])))
    return process, s


for first, word in {b'GET / HTTP/1.0\r\n': 'HTTP', b'\x16\x03\x01\0\0': 'TLS', b'hello': 'something else'}.items():
    process, s = listens('peek', socket.SOCK_STREAM)
    with s:
        s.sendall(first)
        said = process.hears(1000).decode().split('\n')
    check(f'peek knows by the first bytes: {word}', (process.finish(), [line.strip() for line in said]) == (0, [word, f'{len(first)} bytes received', '']), said)

for size in 0, 1, 40000:
    process, s = listens('whole_datagram', socket.SOCK_DGRAM)
    with s:
        s.send(bytes(size))
        said = process.hears(1000).decode().strip()
    check(f'whole_datagram: {size} bytes', (process.finish(), said) == (0, f'{size} bytes'), said)

s, name = server()
with s:
    process = Running('watch', name)
    conn, _ = s.accept()
    process.hears(len('connected\n') + WINDOWS)
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    conn.close()
    said = process.hears(1000).decode().strip()
check('watch: a reset', (process.finish(), said) == (0, 'the peer dropped the connection'), said)

s, name = server()
with s:
    process = Running('tcp_statistics', name)
    conn, _ = s.accept()
    with conn:
        conn.sendall(conn.recv(100))
        said = process.hears(1000).decode()
        complaint = process.complains()
good = re.fullmatch(r'round trip in us +\d+\nbytes sent +8\nbytes received +8\nsegments sent again +\d+\ncongestion window +\d+\n', said)
status = process.finish()
check('tcp_statistics', (status == 0 and good) or (WINDOWS and status == 1 and 'not supported' in complaint), said, complaint)


def tail(first, rest, skip):
    s, name = server()
    with s:
        process = Running('tcp_tail', name, str(skip))
        conn, _ = s.accept()
        with conn:
            conn.sendall(first + rest)
        said = process.hears(len(rest) + 100)
        complaint = process.complains()
    return process.finish(), said, complaint


status, said, complaint = tail(bytes(1000000), b'the rest', 1000000)
check('tcp_tail: the rest of a million', (status, said) == (0, b'the rest'), said, complaint)
status, said, complaint = tail(b'', b'a\x1b[2J\xc2\x9b\0b\n', 0)
check('tcp_tail: nothing that a terminal would obey', (status, said.replace(b'\r\n', b'\n')) == (0, b'a?[2J???b\n'), said, complaint)
status, said, complaint = tail(b'little', b'', 10)
check('tcp_tail: less than that', (status, said) == (1, b'') and 'only 6 bytes' in complaint, said, complaint)

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two:
    names = []
    for s in one, two:
        s.bind(('127.0.0.1', 0))
        names.append('127.0.0.1:%d' % s.getsockname()[1])
    process = Running('udp_ask', *names)
    for s, answer in (one, b'first'), (two, b'second one'):
        data, peer = s.recvfrom(100)
        s.sendto(answer, peer)
    said = process.hears(1000).decode().split()
check('udp_ask: one after another', (process.finish(), said[1::3]) == (0, ['5', '10']), said)

nobody = f'127.0.0.1:{unused_port(socket.SOCK_STREAM)}'
for program, *more in ['peek'], ['whole_datagram'], ['watch'], ['tcp_statistics'], ['udp_ask'], ['tcp_tail', '1']:
    check_error(f'{program} with a malformed address', run(program, '127.1:7', *more), 'malformed host')
    check_error(f'{program} without one', run(program), 'usage: ', program, status=2)
    if program in ('watch', 'tcp_statistics', 'tcp_tail'):
        check_error(f'{program} where nobody listens', run(program, nobody, *more), 'connection refused')
finish()
