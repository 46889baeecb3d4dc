"""A system that is short of something for a moment ends no server, and makes none deaf. strace makes the shortage."""
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

from harness import DEADLINE, PROGRAMS, WINDOWS, check, finish, skip_all

if WINDOWS or sys.platform != 'linux' or not shutil.which('strace'):
    skip_all('no strace here')
if subprocess.run(['strace', '-o', os.devnull, '-e', 'inject=getppid:error=EPERM', 'true'], capture_output=True).returncode:
    skip_all('strace may not trace here')
socket.setdefaulttimeout(DEADLINE)
folder = tempfile.TemporaryDirectory(prefix='libsock-shortage-')
target = socket.create_server(('127.0.0.1', 0))


def start(name, call, error, when, *args):
    """The process (with its tracer, a group of its own) and the port where it listens."""
    process = subprocess.Popen(['strace', '-f', '-o', os.devnull, '-e', f'trace={call}',
                                '-e', f'inject={call}:error={error}:when={when}', PROGRAMS[name], *args],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE if name == 'netcat' else subprocess.DEVNULL,
                               cwd=folder.name, start_new_session=True)
    timer = threading.Timer(DEADLINE, os.killpg, [process.pid, signal.SIGKILL])
    timer.start()
    line = (process.stderr if name == 'netcat' else process.stdout).readline().decode()
    timer.cancel()
    return process, int(re.search(r':(\d+)$', line.strip())[1])


def stop(process):
    with contextlib.suppress(ProcessLookupError):  # file_receive ends by itself
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def is_heard(process, port):
    with socket.create_connection(('127.0.0.1', port)) as s:
        s.sendall(b'hello')
    return process.stdout.read(), process.wait(DEADLINE)


def asks(port, question, answer, through=None):
    with socket.create_connection(('127.0.0.1', port)) as s:
        s.sendall(question)
        if through:
            with through.accept()[0] as conn:
                conn.sendall(conn.recv(100))
        data = b''
        while not answer.search(data) and (more := s.recv(1000)):
            data += more
    return answer.search(data)


def is_served(name, port):
    """By a client that comes in spite of the shortage, and by one after it."""
    if name == 'chat_server':
        with socket.create_connection(('127.0.0.1', port)) as one, socket.create_connection(('127.0.0.1', port)) as other:
            said = threading.Event()

            def say():  # on and on, for the other may not be in yet
                while not said.wait(0.05):
                    one.sendall(b'hello\n')

            talker = threading.Thread(target=say)
            talker.start()
            try:
                return b'hello' in other.recv(100)
            finally:
                said.set()
                talker.join()
    question, answer = {
        'activated_server': (b'x', rb'UTC\n'), 'http_server': (b'GET / HTTP/1.1\r\nHost: a\r\n\r\n', rb'404 Not Found'),
        'tcp_echo_server': (b'hello', rb'hello'), 'tcp_proxy': (b'hello', rb'hello'),
        'file_receive': (b'0 empty\n', rb'ok\nok\n')}[name]
    times = 1 if name == 'file_receive' else 2
    return all(asks(port, question, re.compile(answer), target if name == 'tcp_proxy' else None) for _ in range(times))


def is_answered(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(('127.0.0.1', port))
        s.settimeout(0.2)
        for _ in range(5 * DEADLINE):  # a datagram may be lost
            s.send(b'hello')
            try:
                return s.recv(100) == b'hello'
            except socket.timeout:
                pass
    return False


def is_counted(process, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(('127.0.0.1', port))
        for size in [5] * 3 + [0] * 3:
            s.send(b'x' * size)
    return b'datagrams in all' in process.stdout.readline()


SHORTAGES = 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'
for name, args in {'activated_server': [], 'chat_server': [], 'file_receive': ['.'], 'http_server': [], 'tcp_echo_server': [],
                   'tcp_proxy': ['127.0.0.1:%d' % target.getsockname()[1]]}.items():
    for call, errors in {'accept4': SHORTAGES + ('ENETDOWN',), 'socket': SHORTAGES}.items():
        for error in errors:
            if call == 'socket' and name != 'tcp_proxy':
                continue
            when = '1' if call == 'accept4' else '3'  # the second client's, after the listener's and the first one's
            process, port = start(name, call, error, when, '127.0.0.1:0', *args)
            good = is_served(name, port)
            check(f'{name} outlives {error} of {call}', good and process.poll() is None or name == 'file_receive' and good)
            stop(process)
            if name == 'file_receive':
                os.remove(folder.name + '/empty')
for error in SHORTAGES + ('ENETDOWN',):
    process, port = start('netcat', 'accept4', error, '1', '-l', '127.0.0.1:0')
    heard = is_heard(process, port)
    check(f'netcat outlives {error} of accept4', heard == (b'hello', 0), heard)
    stop(process)
for error in 'ENOBUFS', 'ENOMEM', 'ENETDOWN', 'EHOSTUNREACH', 'ECONNREFUSED':
    process, port = start('udp_echo_server', 'recvfrom,recvmsg', error, '1..3', '127.0.0.1:0')
    check(f'udp_echo_server outlives {error} of receiving', is_answered(port))
    stop(process)
    process, port = start('udp_echo_server', 'sendto,sendmsg', error, '1..3', '127.0.0.1:0')
    check(f'udp_echo_server outlives {error} of sending', is_answered(port))
    stop(process)
    process, port = start('udp_sink', 'recvmsg', error, '1', '127.0.0.1:0')
    check(f'udp_sink outlives {error}', is_counted(process, port))
    stop(process)
finish()
