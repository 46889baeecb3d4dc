"""Programs that talk to others on this machine: who they are, what they are given."""
import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading

from harness import DEADLINE, PROGRAMS, WINDOWS, WINE, check, check_error, finish, run, running, skip, start_server

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


def hand_files(path):
    texts = [b'one\n' * 1000, b'', b'three\x1b\n']
    files = [pathlib.Path(path + str(number)) for number in range(3)]
    for file, text in zip(files, texts):
        file.write_bytes(text)

    with socket.create_server(path, family=socket.AF_UNIX) as server:  # Python takes
        process = subprocess.Popen([PROGRAMS['hand_files'], 'give', path, *files])
        with server.accept()[0] as s:
            data, fds, _, _ = socket.recv_fds(s, 100, 10)
            got = [open(fd, 'rb').read() for fd in fds]
            check('hand_files gives files beside data to Python', (data, got, process.wait(DEADLINE)) == (b'files', texts, 0), got)
        with contextlib.ExitStack() as stack:
            done = run('hand_files', 'give', path, files[0], path + 'none')
            check_error('hand_files gives nothing where a file cannot be opened', done, 'hand_files: ')
            s = stack.enter_context(server.accept()[0])
            check('nor a byte', s.recv(1) == b'')
    os.unlink(path)

    process = subprocess.Popen([PROGRAMS['hand_files'], 'take', path], stdout=subprocess.PIPE)  # Python gives
    opened = [open(file, 'rb') for file in files]
    with socket.socket(socket.AF_UNIX) as s:
        timer = threading.Timer(DEADLINE, process.kill)
        timer.start()
        while s.connect_ex(path):  # until it listens
            if process.poll() is not None:
                break
        socket.send_fds(s, [b'some', b'data'], [file.fileno() for file in opened])
        said = process.communicate()[0]
        timer.cancel()
        check('hand_files takes files beside data from Python', (said, process.returncode) == (b''.join(texts).replace(b'\x1b', b'?'), 0), said)
    for file in opened:
        file.close()


def ask_by_path(path):
    names = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(path)
        for _ in range(2):
            process = subprocess.Popen([PROGRAMS['ask_by_path'], path, 'status'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            asked, client = server.recvfrom(100)
            names.append(client)
            server.sendto(b'fine\x1b', client)
            out, err = process.communicate(timeout=DEADLINE)
            check('ask_by_path is answered at the name that the kernel has chosen',
                  (asked, out, err, process.returncode) == (b'status', b'fine?\n', b'asking as @%s\n' % client[1:], 0), out, err, client)
    check('ask_by_path: a name is abstract', all(name[:1] == b'\0' and len(name) > 1 for name in names), names)


def by_child():
    host, port = start_server('by_child', '127.0.0.1:0').split(':')
    said = []
    for _ in range(2):
        with socket.create_connection((host, int(port))) as s:
            said.append(s.makefile().read())
    check('by_child: each client has a process of its own', said[0] != said[1] and
          all(re.fullmatch(r'process \d+ serves you\n', text) for text in said), said)


check_error('by_child without an address', run('by_child'), 'usage: by_child', status=2)
if WINE:
    skip('by_child', 'Wine takes no socket from another process')
else:
    by_child()
check_error('who_calls without a path', run('who_calls'), 'usage: who_calls', status=2)
if WINDOWS:
    check_error('who_calls', run('who_calls', './who'), 'who_calls: ./who: not supported by this operating system')
    check_error('ask_by_path', run('ask_by_path', './who', 'x'), 'ask_by_path: ./who: not supported by this operating system')
    check_error('hand_files', run('hand_files', 'take', './who'), 'hand_files: not supported by this operating system')
else:
    with tempfile.TemporaryDirectory(prefix='libsock-') as folder:
        check_error('who_calls at a path that cannot be', run('who_calls', folder + '/none/who'), 'who_calls: ', 'no such path')
        who_calls(folder + '/who')
        hand_files(folder + '/files')
        if sys.platform == 'linux':
            ask_by_path(folder + '/ask')
finish()
