"""netstat shows the sockets of this test, with their states, and only those that are asked for."""
import os
import pathlib
import socket
import threading
import time

from harness import DEADLINE, WINDOWS, WINE, check, check_error, finish, has_ipv6, run, skip_all, start_server

OTHERS = WINE < 10  # whose table has only the sockets of Wine's own programs, not those of this one
HEADER = 'Proto Recv-Q Send-Q Local Address Foreign Address State Owner'.split()


def address(pair):
    host, port = pair[:2]
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def rows(*args):
    """Protocol, queues, local address, foreign address, state, and owner, which may be two words."""
    done = run('netstat', *args)
    header, *lines = done.stdout.decode().splitlines() or ['']
    listed = [line.split(maxsplit=6) for line in lines]
    if done.returncode != 0 or done.stderr or header.split() != HEADER or any(len(row) != 7 for row in listed):
        check(f'netstat {" ".join(args)}: lines of seven columns', False, done)
    return listed


def states(listed, local, remote='*:*'):
    return [(row[0], row[5]) for row in listed if row[3:5] == [local, remote]]


class Sockets:
    """A listener, a connection to it, and two datagram sockets, one of which has a peer."""

    def __init__(self, host):
        wide = ':' in host
        self.tcp, self.udp = ('tcp6', 'udp6') if wide else ('tcp', 'udp')
        if not OTHERS:
            self.listening, self.waiting = (start_server(f'{kind}_echo_server', address((host, 0))) for kind in ('tcp', 'udp'))
            self.client = socket.create_connection((host, int(self.listening.rsplit(':', 1)[1])))
            self.connected, self.sending = address(self.client.getsockname()), None
            return
        family = socket.AF_INET6 if wide else socket.AF_INET
        self.listener = socket.create_server((host, 0), family=family)
        self.client = socket.create_connection(self.listener.getsockname()[:2])
        self.server = self.listener.accept()[0]
        self.receiver, self.sender = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        self.receiver.bind((host, 0))
        self.sender.connect(self.receiver.getsockname())
        names = self.listener, self.client, self.receiver, self.sender
        self.listening, self.connected, self.waiting, self.sending = (address(s.getsockname()) for s in names)

    def wrong(self, listed, listener, connection, waiting, sending):
        """What is shown and should not be, or the other way round."""
        for what, asked, kind, state, ends in (
                ('the listener', listener, self.tcp, 'LISTEN', [self.listening]),
                ('the client', connection and OTHERS, self.tcp, 'ESTABLISHED', [self.connected, self.listening]),
                ('the server', connection, self.tcp, 'ESTABLISHED', [self.listening, self.connected]),
                ('the receiver', waiting, self.udp, '-' if WINDOWS else 'UNCONN', [self.waiting]),
                ('the sender', sending and OTHERS, self.udp, '-' if WINDOWS else 'ESTABLISHED',
                 [self.sending] if WINDOWS else [self.sending, self.waiting])):
            got = states(listed, *ends)
            if got != ([(kind, state)] if asked else []):
                yield f'{self.tcp}: {what}: {got}'


def until(name, args, wrong):
    """Lists until nothing is wrong: where others come and go meanwhile, a socket may be passed over, or shown twice."""
    by = time.monotonic() + DEADLINE
    while (found := wrong(rows(*args.split()))) and time.monotonic() < by:
        pass
    check(f'netstat {args}: {name}', not found, *found)


def differs(got, *wanted):
    return [] if got in wanted else [f'{got}, not {wanted}']


def wait_for_a_quiet_machine():
    """Wine takes milliseconds for each socket of the machine. What other tests left there is gone in a minute."""
    by = time.monotonic() + 70
    while pathlib.Path('/proc/net/tcp').read_bytes().count(b'\n') > 500:
        if time.monotonic() > by:
            skip_all('too many sockets on this machine for Wine')
        threading.Event().wait(0.5)


if WINE and OTHERS:
    wait_for_a_quiet_machine()
machine = [Sockets(host) for host in ['127.0.0.1'] + ['::1'] * has_ipv6()]
for args, shown in {
    # Windows does not tell of UDP who has a peer; then all of it counts as waiting.
    '-an': (True, True, True, True),
    '-n': (False, True, False, not WINDOWS),
    '-ln': (True, False, True, WINDOWS),
    '-tan': (True, True, False, False),
    '-uan': (False, False, True, True),
    '-tuln': (True, False, True, WINDOWS),
    '-l -t -n': (True, False, False, False),
}.items():
    until('the sockets asked for, in their states', args,
          lambda listed, shown=shown: [what for sockets in machine for what in sockets.wrong(listed, *shown)])

first = machine[0]
first.client.sendall(b'hello')
# Wine 8 finds no process for a socket of Linux's.
queue_and_owner = ['-', '-', 'pid' if not OTHERS else '-'] if WINDOWS else ['5', '0', f'uid {os.getuid()}']
until('the queue and the owner', '-tn', lambda listed: differs(
    [row[1:3] + [row[6] if OTHERS else row[6].split()[0]] for row in listed
     if row[3:5] == [first.listening, first.connected]], [queue_and_owner]))
if OTHERS:
    first.client.shutdown(socket.SHUT_WR)
    until('both ends of a half-closed connection', '-tn', lambda listed: differs(
        states(listed, first.connected, first.listening) + states(listed, first.listening, first.connected),
        [('tcp', 'FIN_WAIT2'), ('tcp', 'CLOSE_WAIT')]))
port = first.listening.split(':')[1]
until('names instead of numbers', '-tl', lambda listed: differs(
    [row[4:6] for row in listed if row[3].endswith(':' + port)], [['*:*', 'LISTEN']]))

for mistake in '-x', '-nx', 'n', '-', '--help', '':
    check_error(f'netstat {mistake!r}', run('netstat', '-n', mistake), 'usage: netstat', status=2)
if not WINDOWS:
    with open('/dev/full', 'wb') as full:
        check_error('nowhere to write to', run('netstat', '-an', stdout=full), 'netstat: cannot write')
finish()
