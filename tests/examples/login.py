"""telnet logs in at a real telnetd, by a real login, and runs commands there, at a terminal of tmux's.

The user exists only in a mount namespace of the test's own, where it runs itself again. As root, on Linux.
"""
import os
import pathlib
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from harness import DEADLINE, PROGRAMS, check, finish, skip_all

TELNETD = '/usr/sbin/telnetd'
INSIDE = 'LIBSOCK_TEST_INSIDE'
# The hash is that of the password: openssl passwd -6 -salt libsock 'open sesame'
NAME, PASSWORD = 'visitor', 'open sesame'
HASH = '$6$libsock$.SXG1sqZDDozbTW7XUhF7W8P7ib/64xlK7cjuqYx.LSFGjXLeOiiR6/EAwvxjLE6ksStkRFOL61fjZdf51t2M.'

if INSIDE not in os.environ:
    if os.geteuid() != 0:
        skip_all('only root can have a mount namespace')
    for tool in TELNETD, 'tmux', 'unshare', 'login':
        if not shutil.which(tool):
            skip_all(f'no {tool} here')
    # One of processes too, so that none is left behind.
    unshare = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
    if subprocess.run([*unshare, 'true'], capture_output=True).returncode != 0:
        skip_all('no namespaces here')
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, INSIDE: folder}
        sys.exit(subprocess.run([*unshare, sys.executable, *sys.argv], env=environment).returncode)
folder = pathlib.Path(os.environ[INSIDE])


def prepare(folder):
    """One user more, and logs and lists of who is logged in that nobody else sees."""
    for path, text in {
        '/etc/passwd': f'root:x:0:0:root:/root:/bin/sh\n{NAME}:x:54321:54321::/:/bin/sh\n',
        '/etc/group': f'root:x:0:\ntty:x:5:\nutmp:x:43:\n{NAME}:x:54321:\n',
        '/etc/shadow': f'root:*:19000:0:99999:7:::\n{NAME}:{HASH}:19000:0:99999:7:::\n',
    }.items():
        file = folder / path.replace('/', '_')
        file.write_text(text)
        subprocess.run(['mount', '--bind', file, path], check=True)
    for path in '/run', '/var/log', '/var/mail':
        subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', path], check=True)
    pathlib.Path('/run/utmp').touch()


def serve(listener):
    """What inetd does: a telnetd for each connection."""
    while True:
        conn, _ = listener.accept()
        with conn:
            subprocess.Popen([TELNETD, '-h'], stdin=conn, stdout=conn, stderr=conn)


class Screen:
    """A terminal of 80 by 24 with a shell."""

    def __init__(self, folder):
        self.socket = folder / 'tmux'
        self.tmux('new-session', '-d', '-x', '80', '-y', '24', '-c', folder, 'PS1="here> " sh')
        fifo = folder / 'changes'
        os.mkfifo(fifo)
        self.tmux('pipe-pane', f'cat >{fifo}')
        self.changes = open(fifo, 'rb', buffering=0)

    def tmux(self, *args):
        env = {**os.environ, 'LC_ALL': 'C.UTF-8', 'TERM': 'screen'}
        return subprocess.run(['tmux', '-S', self.socket, '-f', '/dev/null', *args], env=env, check=True,
                              stdout=subprocess.PIPE).stdout.decode()

    def text(self):
        return self.tmux('capture-pane', '-p', '-J').rstrip('\n')

    def types(self, text, *keys):
        self.tmux('send-keys', '-l', text)
        self.presses(*keys or ['Enter'])

    def presses(self, *keys):
        self.tmux('send-keys', *keys)

    def shows(self, what, *texts):
        """Sooner or later its last lines are these."""
        end = time.monotonic() + DEADLINE
        while [line.rstrip() for line in self.text().splitlines()[-len(texts):]] != list(texts):
            if not select.select([self.changes], [], [], max(end - time.monotonic(), 0))[0]:
                return check(what, False, texts, self.text())
            self.changes.read(65536)
        return check(what, True)


prepare(folder)
listener = socket.create_server(('127.0.0.1', 0))
threading.Thread(target=serve, args=[listener], daemon=True).start()
telnet = f'{PROGRAMS["telnet"]} 127.0.0.1:{listener.getsockname()[1]}'
login = f'{socket.gethostname()} login:'
screen = Screen(folder)

screen.types('clear; stty -g >before')
screen.shows('a shell', 'here>')
screen.types(f'clear; {telnet}; printf "\\nstatus %s\\n" $?; stty -g >after')
screen.shows('telnetd asks for a name', login)
screen.types(NAME)
screen.shows('and for a password', f'{login} {NAME}', 'Password:')
screen.types(PASSWORD)
screen.shows('and lets the user in', '$')
check('the password is not shown', PASSWORD not in screen.text(), screen.text())
screen.types('id -un; echo $((6 * 7))')
screen.shows('a command runs there', '$ id -un; echo $((6 * 7))', NAME, '42', '$')
screen.types('cat')
screen.types('echo this', 'BSpace', 'BSpace', 'a', 't', 'Enter')
screen.shows('what is typed is edited there', '$ cat', 'echo that', 'echo that')
screen.presses('C-c')
screen.shows('^C interrupts the command, not telnet', 'echo that', '^C', '$')
screen.types('seq 20000')
screen.shows('a lot of output comes whole', '19998', '19999', '20000', '$')
screen.types('exit')
screen.shows('telnet ends when the user leaves', 'status 0', 'here>')

screen.types(f'clear; {telnet}; printf "\\nstatus %s\\n" $?; stty -g >>after')
screen.shows('it can be had again', login)
screen.presses('C-]')
screen.shows('^] ends it', login, 'status 0', 'here>')
before, after = pathlib.Path(folder, 'before').read_text(), pathlib.Path(folder, 'after').read_text()
check('the terminal is as it was before', after == 2 * before, before, after)
finish()
