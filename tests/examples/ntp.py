"""ntp_time against a small NTP server: right times, and answers that must not be believed."""
import calendar
import re
import socket
import struct
import threading
import time

from harness import WINDOWS, check, check_error, finish, has_ipv6, run, skip, unused_port

TO_1970 = 2208988800


def timestamp(seconds):
    return struct.pack('!Q', int((seconds + TO_1970) * 2**32) % 2**64)


def answer(query, ahead=0.0, first=4 << 3 | 4, stratum=2, origin=None, came=0.0, left=0.0, was_set=0.0, root=(0, 0)):
    """What a server says whose clock is so far ahead. The last ones are seconds by that clock, None is a time of 0."""
    now = time.time() + ahead
    was_set, came, left = (timestamp(now + time) if time is not None else bytes(8) for time in (was_set, came, left))
    root = [int(seconds * 2**16) for seconds in root]
    return (struct.pack('!BBbb2II', first, stratum, 6, -20, *root, 0) + was_set + (origin or query[40:48]) + came + left)


class Server:
    """Sends the replies that `behave` makes of a query, to the one who asked."""

    def __init__(self, behave, host='127.0.0.1'):
        self.socket = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.behave, self.queries = behave, []
        self.name = (f'[{host}]' if ':' in host else host) + f':{self.socket.getsockname()[1]}'
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, peer = self.socket.recvfrom(1024)
            self.queries.append(query)
            for reply in self.behave(query, len(self.queries)):
                self.socket.sendto(reply, peer)


def asks(what, behave, ahead, host='127.0.0.1', stratum=2, name=None):
    server = Server(behave, host)
    began = time.time()
    done = run('ntp_time', server.name if name is None else f'{name}:{server.socket.getsockname()[1]}')
    match = re.fullmatch(rb'(\S+ \S+)\.\d{3} UTC, stratum (\d+)\r?\n'
                         rb'offset ([+-]\d+\.\d{6}) s, delay (-?\d+\.\d{6}) s\r?\n', done.stdout)
    good = done.returncode == 0 and not done.stderr and match and int(match[2]) == stratum
    if good:
        told = calendar.timegm(time.strptime(match[1].decode(), '%Y-%m-%d %H:%M:%S'))
        elapsed = time.time() - began
        offset, delay = float(match[3]), float(match[4])
        # The clocks are one: the error is half of what it took, and that is less than the program ran.
        good = abs(offset - ahead) <= elapsed and -0.1 <= delay <= elapsed
        good = good and abs(told - began - ahead) <= elapsed + 2
    check(what, good, done.returncode, done.stdout, done.stderr)
    query = server.queries[0]
    check(what + ': asked as a client of version 4', len(query) == 48 and query[0] == 0x23, query)
    return server


asks('a server with our own time', lambda q, n: [answer(q)], 0)
asks('a server that is an hour ahead', lambda q, n: [answer(q, 3600)], 3600)
asks('a server that is a day behind', lambda q, n: [answer(q, -86400)], -86400)
asks('a server beyond 2036, whose seconds begin anew', lambda q, n: [answer(q, 20 * 365 * 86400)], 20 * 365 * 86400)
asks('stratum 1', lambda q, n: [answer(q, stratum=1)], 0, stratum=1)
asks('a reply with extensions', lambda q, n: [answer(q) + bytes(100)], 0)
asks('forged, short and foreign replies before the right one',
     lambda q, n: [answer(q, 999, origin=bytes(8)), answer(q)[:47], b'', answer(q, 999, first=0x23),
                   bytes(65507), answer(q)], 0)
asks('other versions and modes before the right one',
     lambda q, n: [answer(q, 999, first=version << 3 | mode) for version in range(8) for mode in range(8)
                   if (version, mode) != (4, 4)] + [answer(q)], 0)
asks('a clock that was never told when it was set', lambda q, n: [answer(q, was_set=None)], 0)
asks('a server of a good second away from its own', lambda q, n: [answer(q, root=(1.5, 0.5))], 0)
asks('a leap second ahead', lambda q, n: [answer(q, first=0x64)], 0)
server = asks('a question that is lost', lambda q, n: [answer(q)] if n > 1 else [], 0)
check('it asks again, with a time of its own', len(server.queries) == len(set(server.queries)) > 1, server.queries)
if has_ipv6():
    asks('over IPv6', lambda q, n: [answer(q)], 0, '::1')
else:
    skip('over IPv6', 'no IPv6 here')

for name, change in {
        'a kiss-o\'-death': {'stratum': 0}, 'an unset clock': {'first': 0xe4}, 'stratum 16': {'stratum': 16}}.items():
    check_error(name, run('ntp_time', Server(lambda q, n: [answer(q, **change)]).name), 'has no time')
check_error('a time of 0', run('ntp_time', Server(lambda q, n: [answer(q)[:40] + bytes(8)]).name), 'has no time')
for what, change in {'when it came': {'came': None}, 'when it left': {'left': None}}.items():
    check_error('a time of 0: ' + what, run('ntp_time', Server(lambda q, n: [answer(q, **change)]).name), 'has no time')
for what, change in {
        'left 10 s before it came': {'left': -10}, 'left a moment before it came': {'left': -.001},
        'an hour at the server, within a moment here': {'came': -3600}, 'a second there': {'came': -1},
        'set after it was asked': {'was_set': 5}, 'a time before 1970': {'ahead': -time.time() - 3e8 + .25}}.items():
    check_error(what, run('ntp_time', Server(lambda q, n: [answer(q, **change)]).name), 'nonsense')
for root in (0, 16), (40, 0), (20, 7), (65535, 65535):
    check_error(f'as far from the right time as {root} s', run('ntp_time', Server(lambda q, n: [answer(q, root=root)]).name),
                'has no time')
asks('a name, by its IPv4 address', lambda q, n: [answer(q)], 0, name='localhost')
if has_ipv6():
    asks('a name, by its IPv6 address', lambda q, n: [answer(q)], 0, '::1', name='localhost')
check_error('a server that never answers', run('ntp_time', Server(lambda q, n: []).name), 'timed out')
if not WINDOWS:  # Wine tells of it late or never
    check_error('where nobody listens', run('ntp_time', f'127.0.0.1:{unused_port(socket.SOCK_DGRAM)}'), 'refused')
check_error('a malformed address', run('ntp_time', '127.1'), '127.1', 'malformed host')
check_error('no address', run('ntp_time'), 'usage: ', status=2)
finish()
