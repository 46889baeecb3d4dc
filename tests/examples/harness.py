"""What the tests of the examples share: programs that run and end, and a protocol (TAP) of what happened.

Every test gets the paths of the programs as arguments. EXE_WRAPPER, if it is set, runs programs made for another OS.
"""
import atexit
import contextlib
import io
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading

DEADLINE = 60  # seconds until a program that should have ended or spoken is a failure
PROGRAMS = {pathlib.PurePath(path).stem: os.path.abspath(path) for path in sys.argv[1:]}
WRAPPER = [word for word in [os.environ.get('EXE_WRAPPER')] if word]
WINDOWS = any(path.endswith('.exe') for path in sys.argv[1:])
# The first number of Wine's version, or 0: not Wine.
WINE = int(re.search(rb'\d+', subprocess.run([*WRAPPER, '--version'], stdout=subprocess.PIPE, check=True).stdout)[0]) if WRAPPER else 0

points = []
kept = []  # sockets, for their ports
running = {}  # by HOST:PORT, the servers that start_server() has started


def skip_all(why):
    print('1..0 # SKIP', why)
    sys.exit(0)


def check(name, passed, *details):
    """One test point; the details are shown if it failed."""
    points.append(passed)
    print('ok' if passed else 'not ok', len(points), '-', name, flush=True)
    if not passed:
        for detail in details:
            print('\n'.join('# ' + line for line in str(detail).splitlines()), flush=True)
    return passed


def skip(name, why):
    points.append(True)
    print('ok', len(points), '-', name, '# SKIP', why, flush=True)


def finish():
    print(f'1..{len(points)}')
    sys.exit(not all(points))


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(('::1', 0))
        return True
    except OSError:
        return False


def exit_status(status, has_complained):
    """How a program ended, for which it need not have ended by itself where it is Wine's.

    A Unix thread that ends in the same moment as its process may take a lock of glibc's along, at which the process then
    waits. For Windows it has ended; Wine kills what is left a second later, and its exit status is lost.
    """
    return int(bool(has_complained)) if WINE and status == -signal.SIGKILL else status


def run(name, *args, stdout=None):
    """Runs a program to its end; the answer has returncode, stdout and stderr (bytes, with Unix line ends in stderr)."""
    done = subprocess.CompletedProcess(WRAPPER + [PROGRAMS[name], *args], 'not ended in time')
    # Files, because a pipe stays open as long as what Wine leaves running in the background.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with contextlib.suppress(subprocess.TimeoutExpired):
            done.returncode = subprocess.run(done.args, stdin=subprocess.DEVNULL, stdout=stdout or out, stderr=err,
                                             timeout=DEADLINE).returncode
        for file in out, err:
            file.seek(0)
        done.stdout, done.stderr = out.read(), err.read().replace(b'\r\n', b'\n')
    done.returncode = exit_status(done.returncode, bool(done.stderr))
    return done


def end(process):
    process.kill()
    process.wait()


def start_server(name, address, *args, **options):
    """Starts a server, which ends with the test; returns its HOST:PORT once it says that it listens there."""
    process = subprocess.Popen(WRAPPER + [PROGRAMS[name], address, *args], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, **options)
    atexit.register(end, process)
    timer = threading.Timer(DEADLINE, process.kill)  # which ends the wait below
    timer.start()
    line = process.stdout.readline().decode()
    timer.cancel()
    if not line.startswith('listening on '):
        print(f'Bail out! {name} {address} said {line!r}')
        sys.exit(1)
    server = line.split()[-1]
    running[server] = process
    return server


class Running:
    """A program that the test talks to while it runs. Every wait ends by the deadline of the whole program."""

    def __init__(self, name, *args):
        self.process = subprocess.Popen(WRAPPER + [PROGRAMS[name], *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, bufsize=0)
        self.late = self.complained = False
        self.timer = threading.Timer(DEADLINE, self.give_up)  # which ends whatever waits for it
        self.timer.daemon = True
        self.timer.start()
        atexit.register(end, self.process)

    def give_up(self):
        self.late = True
        self.process.kill()

    def says(self, data):
        """All of the data to its standard input, if it takes it."""
        with contextlib.suppress(OSError):
            while data:
                data = data[self.process.stdin.write(data):]

    def ends_input(self):
        self.process.stdin.close()

    def hears(self, length):
        """So many bytes of its standard output, or less if it ends."""
        data = b''
        while len(data) < length and (more := self.process.stdout.read(length - len(data))):
            data += more
        return data

    def complains(self):
        """One line of its standard error."""
        line = b''
        while not line.endswith(b'\n') and (more := self.process.stderr.read(1)):
            line += more
        self.complained |= bool(line)
        return line.decode(errors='replace').strip()

    def listens(self):
        """The HOST:PORT or path where it says that it listens."""
        line = self.complains()
        if not line.startswith('listening on '):
            print(f'Bail out! {self.process.args} said {line!r}')
            sys.exit(1)
        self.complained = False
        return line[len('listening on '):]

    def finish(self):
        """Its exit status, once it has ended by itself."""
        status = self.process.wait()
        self.timer.cancel()
        if self.late or status != -signal.SIGKILL:
            return status
        os.set_blocking(self.process.stderr.fileno(), False)  # what Wine leaves running may keep the pipe open
        rest = self.process.stderr.read() or b''
        self.process.stderr = io.BytesIO(rest)  # still to be heard
        return exit_status(status, self.complained or rest)


def keep_port(host='127.0.0.1', port=0, kind=socket.SOCK_STREAM):
    """A socket that keeps a port until the test ends: nobody listens there, and nobody else is given it.

    On POSIX a server that is told the port can listen there nevertheless, because it says SO_REUSEADDR, too.
    """
    s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, kind)
    kept.append(s)
    if os.name == 'posix' and kind == socket.SOCK_STREAM:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((host, port))
    if kind == socket.SOCK_DGRAM:
        s.connect(s.getsockname())  # so it hears itself alone: others are refused
    return s


def unused_port(kind=socket.SOCK_STREAM):
    """A port of 127.0.0.1 where nobody listens."""
    return keep_port(kind=kind).getsockname()[1]


def check_error(name, done, *words, status=1):
    """The program failed as it should: nothing on stdout, and one line on stderr that has the words."""
    text = done.stderr.decode(errors='replace')
    good = (done.returncode == status and not done.stdout and text.count('\n') == 1 and text.endswith('\n')
            and text[:-1].isprintable() and all(word in text for word in words))
    check(name, good, f'exit status {done.returncode}', f'stderr {text!r}, to contain {words}',
          f'stdout {done.stdout[:200]!r}')
