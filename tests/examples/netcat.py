"""netcat carries bytes both ways at once, over whatever it is told to."""
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading

from harness import DEADLINE, WINDOWS, WINE, Running, check, check_error, finish, has_ipv6, run, skip, unused_port

DATA = bytes(range(256)) * 4096  # every byte there is, and more than all buffers between two ends hold
socket.setdefaulttimeout(DEADLINE)


def receive(s, length=1 << 30):
    data = b''
    while len(data) < length and (more := s.recv(min(65536, length - len(data)))):
        data += more
    return data


def accept(server):
    """The next connection to a Python server, on its own thread's account."""
    conn, _ = server.accept()
    server.close()
    return conn


def connects_and_half_closes(server, *args):
    program = Running('netcat', *args)
    with accept(server) as conn:
        program.says(b'hello\nbytes: \r\n\0\x1a\xff')
        program.ends_input()
        data = receive(conn)
        check(f'{args}: it sends its input, and the end', data == b'hello\nbytes: \r\n\0\x1a\xff', data)
        conn.sendall(b'good\r\nbye\n')
    data = program.hears(10)
    check(f'{args}: and hears what is said after that', data == b'good\r\nbye\n', data)
    check(f'{args}: and ends', program.finish() == 0)


def listens_for_one(connect, *args):
    program = Running('netcat', '-l', *args)
    with connect(program.listens()) as conn:
        conn.sendall(b'hello\n')
        data = program.hears(6)
        check(f'{args}: a listener hears', data == b'hello\n', data)
        program.says(b'welcome\n')
        data = receive(conn, 8)
        check(f'{args}: and is heard', data == b'welcome\n', data)
        conn.shutdown(socket.SHUT_WR)
        program.says(b'to the end\n')
        program.ends_input()
        data = receive(conn)
        check(f'{args}: also when the other side has ended', data == b'to the end\n', data)
    check(f'{args}: the listener ends', program.finish() == 0)


def tcp_address(text):
    host, port = text.rsplit(':', 1)
    return host.strip('[]'), int(port)


def echo(server):
    with accept(server) as conn:
        while data := conn.recv(65536):
            conn.sendall(data)


for host in ['127.0.0.1'] + ['::1'] * has_ipv6():
    text = f'[{host}]' if ':' in host else host
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    server = socket.create_server((host, 0), family=family)
    connects_and_half_closes(server, f'{text}:{server.getsockname()[1]}')
    listens_for_one(lambda text: socket.create_connection(tcp_address(text)), f'{text}:0')

server = socket.create_server(('127.0.0.1', 0))
echoing = threading.Thread(target=echo, args=[server])
echoing.start()
program = Running('netcat', '127.0.0.1:%d' % server.getsockname()[1])
typing = threading.Thread(target=lambda: (program.says(DATA), program.ends_input()))
typing.start()
data = program.hears(len(DATA))
check('a megabyte goes both ways at once', data == DATA and program.finish() == 0, f'{len(data)} bytes')
typing.join()
echoing.join()

listener = Running('netcat', '-l', '127.0.0.1:0')
program = Running('netcat', listener.listens())
program.says(b'ping')
listener.says(b'pong')
check('two of them talk', (listener.hears(4), program.hears(4)) == (b'ping', b'pong'))
listener.ends_input()
program.ends_input()
status = listener.finish(), program.finish()
check('and both end', status == (0, 0), status)

server = socket.create_server(('127.0.0.1', 0))
program = Running('netcat', '127.0.0.1:%d' % server.getsockname()[1])
with accept(server) as conn:
    conn.sendall(b'last words\n')
    data = program.hears(11)
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')  # closing resets
line = program.complains()
check('a reset is told', data == b'last words\n' and 'reset' in line and program.finish() == 1, data, line)

# UDP, which has no end but -w.
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(('127.0.0.1', 0))
    address = '127.0.0.1:%d' % server.getsockname()[1]
    program = Running('netcat', '-u', address)
    heard = []
    for text in b'one\n', b'two\n':
        program.says(text)
        data, peer = server.recvfrom(100)
        heard.append(data)
    server.sendto(b'three\n', peer)
    check('over UDP each read is a datagram', heard == [b'one\n', b'two\n'], heard)
    check('and answers are printed', program.hears(6) == b'three\n')
    done = run('netcat', '-u', '-w', '1', address)
    check('until the deadline, which is no error', (done.returncode, done.stdout, done.stderr) == (0, b'', b''), done)

program = Running('netcat', '-l', '-u', '127.0.0.1:0')
address = tcp_address(program.listens())
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ada, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bob:
    ada.connect(address)
    bob.connect(address)
    ada.send(b'ada\n')
    heard = program.hears(4)
    program.says(b'hello ada\n')
    check('a UDP listener answers its first peer', (heard, ada.recv(100)) == (b'ada\n', b'hello ada\n'), heard)
    try:
        bob.send(b'bob\n')
    except OSError:
        pass  # refused already
    ada.send(b'again\n')
    heard = program.hears(6)
    check('and hears nobody else', heard == b'again\n', heard)

if WINDOWS:
    skip('nor who spoke before it knew its peer', 'no way to hold it up')
else:
    program = Running('netcat', '-l', '-u', '127.0.0.1:0')
    address = tcp_address(program.listens())
    with socket.socket(type=socket.SOCK_DGRAM) as ada, socket.socket(type=socket.SOCK_DGRAM) as bob:
        program.process.send_signal(signal.SIGSTOP)
        os.waitpid(program.process.pid, os.WUNTRACED)
        for s, text in (ada, b'ada\n'), (bob, b'bob\n'), (ada, b'again\n'):
            s.sendto(text, address)
        program.process.send_signal(signal.SIGCONT)
        heard = program.hears(10)
        check('nor who spoke before it knew its peer', heard == b'ada\nagain\n', heard)

nobody = f'127.0.0.1:{unused_port(socket.SOCK_DGRAM)}'
program = Running('netcat', '-u', *['-w', '5'] * (WINE > 8), nobody)
while program.process.poll() is None:  # Wine 8 tells of the refusal only when more is sent
    program.says(b'hello')
    with contextlib.suppress(subprocess.TimeoutExpired):
        program.process.wait(0.2)
line, status = program.complains(), program.finish()
told = status == 1 and nobody in line and 'refused' in line
check('UDP where nobody listens', told or (WINE > 8 and (status, line) == (0, '')), status, line)  # Wine 10: mostly not told

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'socket')
    if WINDOWS:  # Wine has none
        check_error('no Unix-domain sockets', run('netcat', path), 'netcat: ', path, 'not supported')
    else:
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen()
        connects_and_half_closes(server, path)
        os.remove(path)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen()
            check_error('a path that is taken', run('netcat', '-l', path), path, 'already in use')

        def connect_unix(path):
            s = socket.socket(socket.AF_UNIX)
            s.connect(path)
            return s

        listens_for_one(connect_unix, path)  # which the server has left behind
        check('the path is gone afterwards', not os.path.exists(path))
        if sys.platform == 'linux':
            name = f'@netcat-{os.getpid()}'
            with open(name, 'x'):  # a file that has nothing to do with it
                pass
            listens_for_one(lambda name: connect_unix('\0' + name[1:]), name)
            check('a file called like an abstract name stays', os.path.exists(name))
            with contextlib.suppress(FileNotFoundError):
                os.remove(name)
        check_error('a path that is not there', run('netcat', path), path, 'no such path')

server = socket.create_server(('127.0.0.1', 0))
address = '127.0.0.1:%d' % server.getsockname()[1]
check_error('a peer that never ends', run('netcat', '-w', '1', address), 'netcat: ', address, 'timed out')
other = socket.create_server(('127.0.0.1', 0))
program = Running('netcat', '-w', '1', '127.0.0.1:%d' % other.getsockname()[1])
accept(other).close()
line = program.complains()
check('a peer that has ended, while the input goes on', program.finish() == 1 and 'timed out' in line, line)
program = Running('netcat', '-l', '-w', '1', '127.0.0.1:0')
program.listens()
line = program.complains()
check('nobody comes', program.finish() == 1 and 'timed out' in line, line)
check_error('an address that is taken', run('netcat', '-l', address), address, 'already in use')
server.close()

nobody = f'127.0.0.1:{unused_port()}'
check_error('nobody listens', run('netcat', nobody), nobody, 'connection refused')
for address, word in {'256.1.1.1:7': 'malformed host', '127.0.0.1': 'malformed port', '127.0.0.1:x': 'malformed port',
                      'no..name:7': 'malformed host'}.items():
    for kind in [], ['-u']:
        check_error(f'{kind} {address}', run('netcat', *kind, address), 'netcat: ', address, word)
for args in [[], ['-l'], ['-x', address], ['-w', 'x', address], ['-w', '-1', address], ['-w', address],
             ['-u', './path'], [address, address]]:
    check_error(f'{args}', run('netcat', *args), 'usage: netcat', status=2)
finish()
