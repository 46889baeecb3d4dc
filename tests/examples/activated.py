"""The daytime server, on sockets of its own, on those of an environment made here, and on those of systemd."""
import os
import re
import shutil
import socket
import subprocess

from harness import DEADLINE, PROGRAMS, WINDOWS, check, check_error, end, finish, run, skip, start_server, unused_port

TIME = re.compile(rb'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\r?\n')


def ask(host, port):
    with socket.create_connection((host, port), DEADLINE) as s:
        data = b''
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

with socket.create_server(('127.0.0.1', 0)) as first, socket.create_server(('127.0.0.1', 0)) as second:
    ports = [s.getsockname()[1] for s in (first, second)]
    script = f'exec 3<&{first.fileno()} 4<&{second.fileno()}; LISTEN_PID=$$ LISTEN_FDS=2 exec "$0"'
    server = subprocess.Popen(['bash', '-c', script, PROGRAMS['activated_server']],
                              pass_fds=[first.fileno(), second.fileno()], stdout=subprocess.PIPE)
try:
    said = [server.stdout.readline().decode().strip() for _ in ports]
    check('it says where', said == [f'listening on 127.0.0.1:{port}' for port in ports], said)
    for port in ports:
        check_time('a socket from the environment', port)
finally:
    end(server)

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
