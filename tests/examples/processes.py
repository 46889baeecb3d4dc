"""Programs that talk to others on this machine: who they are, what they are given."""
import os
import signal
import socket
import tempfile

from harness import DEADLINE, PROGRAMS, WINDOWS, check, check_error, finish, run, running, start_server

socket.setdefaulttimeout(DEADLINE)


def who_calls(path):
    start_server('who_calls', path)
    for _ in range(2):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            said = s.makefile().read()
        check('who_calls: process, user and group are those of the client',
              said == f'process {os.getpid()}, user {os.geteuid()}, group {os.getegid()}\n', said)
    running[path].send_signal(signal.SIGTERM)
    check('who_calls ends in order, and the path with it', running[path].wait(DEADLINE) == 0 and not os.path.exists(path))


check_error('who_calls without a path', run('who_calls'), 'usage: who_calls', status=2)
if WINDOWS:
    check_error('who_calls', run('who_calls', './who'), 'who_calls: ./who: not supported by this operating system')
else:
    with tempfile.TemporaryDirectory(prefix='libsock-') as folder:
        check_error('who_calls at a path that cannot be', run('who_calls', folder + '/none/who'), 'who_calls: ', 'no such path')
        who_calls(folder + '/who')
finish()
