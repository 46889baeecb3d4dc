"""The daytime server, on sockets of its own, on those of an environment made here, and on those of systemd."""
import contextlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import time

from harness import DEADLINE, PROGRAMS, WINDOWS, check, check_error, end, finish, run, skip, start_server, unused_port

TIME = re.compile(rb'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\r?\n')


def ask(host, port):
    with socket.create_connection((host, port), DEADLINE) as s:
        data = b''
        with contextlib.suppress(socket.timeout):
            while more := s.recv(100):
                data += more
    return data


def check_time(name, port, host='127.0.0.1'):
    answer = ask(host, port)
    check(name, TIME.fullmatch(answer), answer)


address = start_server('activated_server', '127.0.0.1:0')
check_time('a listener of its own', int(address.rsplit(':', 1)[1]))
check_time('a second client', int(address.rsplit(':', 1)[1]))
check_error('an address in use', run('activated_server', address), address, 'already in use')
check_error('a malformed address', run('activated_server', '127.0.0.1:x'), 'malformed port')

if WINDOWS:
    skip('sockets from the environment', 'Windows has no such service manager')
    finish()



@contextlib.contextmanager
def activated(*sockets, **options):
    """The server, with these sockets from its environment, and where it says that it listens."""

    def move():  # to the descriptors from 3 on, which may be some of these
        for to in 100, 3:
            for i, s in enumerate(sockets):
                os.dup2(s.fileno() if to == 100 else 100 + i, to + i, inheritable=to == 3)

    script = f'LISTEN_PID=$$ LISTEN_FDS={len(sockets)} exec "$0"'
    server = subprocess.Popen(['sh', '-c', script, PROGRAMS['activated_server']], stdout=subprocess.PIPE,
                              preexec_fn=move, close_fds=False, **options)
    try:
        yield server, [server.stdout.readline().decode().strip() for _ in sockets]
    finally:
        end(server)
        server.stdout.close()


with socket.create_server(('127.0.0.1', 0)) as first, socket.create_server(('127.0.0.1', 0)) as second:
    ports = [s.getsockname()[1] for s in (first, second)]
    with activated(first, second) as (_, said):
        check('it says where', said == [f'listening on 127.0.0.1:{port}' for port in ports], said)
        for port in ports:
            check_time('a socket from the environment', port)

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other, socket.create_server(('127.0.0.1', 0)) as listener:
    other.bind(('127.0.0.1', 0))
    with activated(other, listener, stderr=subprocess.DEVNULL) as _, socket.socket(
            socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.sendto(b'nobody will ever read this', other.getsockname())
        for name in 'goes on with the next', 'and goes on':
            check_time('a socket that does not accept: ' + name, listener.getsockname()[1])

with contextlib.ExitStack() as stack:
    listeners = [stack.enter_context(socket.create_server(('127.0.0.1', 0))) for _ in range(16)]
    server, _ = stack.enter_context(activated(*listeners))
    server.send_signal(signal.SIGSTOP)  # to see them all at once
    os.waitpid(server.pid, os.WUNTRACED)
    clients = [stack.enter_context(socket.create_connection(s.getsockname(), DEADLINE)) for s in listeners]
    server.send_signal(signal.SIGCONT)
    select.select(clients, [], [])  # one of them is being served
    began = time.monotonic()
    server.send_signal(signal.SIGTERM)
    status, took = server.wait(DEADLINE), time.monotonic() - began
    check('it stops at once, however many clients wait', status == 0 and took < 5, status, took)

if not shutil.which('systemd-socket-activate'):
    skip('systemd-socket-activate', 'not installed')
else:
    port = unused_port()
    manager = subprocess.Popen(['systemd-socket-activate', '-l', f'127.0.0.1:{port}', PROGRAMS['activated_server']],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        line = manager.stderr.readline()
        check('systemd listens', b'Listening on' in line, line)
        for name in 'started by the first client', 'and there for the second':
            check_time('systemd-socket-activate: ' + name, port)
    finally:
        end(manager)  # it has become the server
        manager.stderr.close()
finish()
