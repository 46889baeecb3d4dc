"""tcp_proxy: what one side does the other one sees, and nobody waits for anybody else."""
import contextlib
import os
import random
import select
import signal
import socket
import struct
import subprocess
import tempfile
import threading

from harness import DEADLINE, WINDOWS, check, check_error, finish, has_ipv6, keep_port, run, running, skip, start_server

LARGE = random.Random(1).randbytes(10 << 20)
errors = tempfile.TemporaryFile()


def listen(host='127.0.0.1'):
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    listener = socket.create_server((host, 0), family=family, backlog=500)
    listener.settimeout(DEADLINE)
    return listener


def start(target, **options):
    return start_server('tcp_proxy', '127.0.0.1:0', target, stderr=errors, **options)


def dial(proxy):
    host, port = proxy.rsplit(':', 1)
    return socket.create_connection((host, port), DEADLINE)


def said():
    """All that the proxies have said on stderr."""
    errors.seek(0)
    return errors.read().decode()


def receive(s, size=None):
    """So many bytes, or up to the end of file."""
    data = bytearray()
    while (size is None or len(data) < size) and (more := s.recv(65536 if size is None else size - len(data))):
        data += more
    return bytes(data)


def is_reset(s):
    """The connection is over, and not by an end of file, which would say that all has come."""
    try:
        return receive(s) is None
    except ConnectionResetError:
        return True


def is_broken(s):
    """The connection fails, also of itself, where its end of file has been read already."""
    watch = select.poll()
    watch.register(s, 0)
    return any(ready & select.POLLERR for _, ready in watch.poll(DEADLINE * 1000))


def is_turned_away(proxy, text=b''):
    """The client is reset, perhaps before it knows that it was connected."""
    try:
        with dial(proxy) as client:
            client.sendall(text)
            return is_reset(client)
    except ConnectionError:
        return True


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('HH' if os.name == 'nt' else 'ii', 1, 0))
    s.close()


@contextlib.contextmanager
def pair(proxy, listener):
    """A client and the target's end of its connection."""
    with dial(proxy) as client, listener.accept()[0] as target:
        target.settimeout(DEADLINE)
        yield client, target


def targets(stack, count):
    """The next connections to the target, by the numbers that their clients say: they need not come in that order."""
    found = {}
    for _ in range(count):
        target = stack.enter_context(listener.accept()[0])
        target.settimeout(DEADLINE)
        found[int(receive(target, 3))] = target
    return found


def echoes(client, target, text=b'hello'):
    client.sendall(text)
    there = receive(target, len(text))
    target.sendall(there[::-1])
    return receive(client, len(text)) == text[::-1]


def goes(name, proxy, listener):
    with pair(proxy, listener) as (client, target):
        check(name, echoes(client, target))


listener = listen()
proxy = start('127.0.0.1:%d' % listener.getsockname()[1])

with contextlib.ExitStack() as stack:
    pairs = [stack.enter_context(pair(proxy, listener)) for _ in range(100)]
    for number, (client, _) in enumerate(pairs):
        client.sendall(b'%03d' % number)
    for number, (_, target) in enumerate(pairs):
        target.sendall(receive(target, 3) + b'!')
    heard = [receive(client, 4) for client, _ in pairs]
    check('100 clients at once, each with its own bytes', heard == [b'%03d!' % i for i in range(100)], heard)

for name, swap in ('the client', False), ('the target', True):
    with pair(proxy, listener) as ends_of_it:
        one, other = reversed(ends_of_it) if swap else ends_of_it
        one.sendall(b'the last word')
        one.shutdown(socket.SHUT_WR)
        check(f'half-close by {name}: the other reads to the end', receive(other) == b'the last word')
        other.sendall(LARGE[:100000])
        other.shutdown(socket.SHUT_WR)
        check(f'half-close by {name}: the other can still send', receive(one) == LARGE[:100000])

    with pair(proxy, listener) as ends_of_it:
        one, other = reversed(ends_of_it) if swap else ends_of_it
        one.sendall(b'x')
        receive(other, 1)
        reset(one)
        check(f'reset by {name}: the other sees no end of file, but a reset', is_reset(other))

    with pair(proxy, listener) as ends_of_it:
        one, other = reversed(ends_of_it) if swap else ends_of_it
        one.close()
        check(f'close by {name}: the other sees the end', receive(other) == b'')

    with pair(proxy, listener) as ends_of_it:
        one, other = reversed(ends_of_it) if swap else ends_of_it
        one.sendall(b'the last word')
        one.shutdown(socket.SHUT_WR)
        ended = receive(other) == b'the last word'
        reset(one)
        check(f'reset by {name} after its end: the other sees it, too', ended and is_broken(other))

    with pair(proxy, listener) as ends_of_it:
        one, other = reversed(ends_of_it) if swap else ends_of_it
        one.shutdown(socket.SHUT_WR)
        ended = receive(other) == b''
        other.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                other.send(LARGE)  # until all that is on the way is full
        reset(one)
        check(f'reset by {name} after its end, with much on the way to it: the other sees it, too',
              ended and is_broken(other))

    with pair(proxy, listener) as ends_of_it, pair(proxy, listener) as neighbours:
        one, other = reversed(ends_of_it) if swap else ends_of_it
        writer = threading.Thread(target=lambda: (one.sendall(LARGE), one.shutdown(socket.SHUT_WR)))
        writer.start()
        first = receive(other, 1)  # and then nothing for a while
        check(f'others go on while 10 MB of {name} wait', all(echoes(*neighbours, b'%05d' % i) for i in range(200)))
        goes(f'a new client while 10 MB of {name} wait', proxy, listener)
        check(f'other direction while 10 MB of {name} wait', (other.sendall(b'ready'), receive(one, 5))[1] == b'ready')
        check(f'10 MB of {name} to a slow reader', first + receive(other) == LARGE)
        writer.join()

with pair(proxy, listener) as (client, target):
    threads = [threading.Thread(target=s.sendall, args=[LARGE]) for s in (client, target)]
    heard = {}
    for s in client, target:
        threads += [threading.Thread(target=lambda s=s: heard.update({s: receive(s, len(LARGE))}))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check('10 MB in both directions at once', heard == {client: LARGE, target: LARGE})

if WINDOWS:
    skip('more clients than there is room for', 'Wine polls as many only slowly')
else:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(dial(proxy)) for _ in range(300)]
        for number, client in enumerate(clients):
            client.sendall(b'%03d' % number)
        through = targets(stack, 256)
        more = None
        listener.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            more = stack.enter_context(listener.accept()[0])
        check('of 300 clients, 256 come through', len(through) == 256 and more is None, len(through), more)
        listener.settimeout(DEADLINE)
        for number, target in through.items():
            target.close()
            clients[number].close()
        late = targets(stack, 44)
        check('and then the others', through.keys() | late.keys() == set(range(300))
              and all(echoes(clients[number], target) for number, target in late.items()))
for name, swap in ('a client', False), ('a target', True):
    for _ in range(3):
        with pair(proxy, listener) as ends_of_it:
            one, other = reversed(ends_of_it) if swap else ends_of_it
            one.sendall(b'x')
            receive(other, 1)
            reset(one)
            is_reset(other)
    check(f'{name} that merely leaves is nothing to complain of', said() == '', said())

if WINDOWS:
    skip('an early answer', 'no way to hold up the proxy')
else:
    with pair(proxy, listener) as (client, target):
        client.sendall(b'an upload' * 100)
        while len(target.recv(1000, socket.MSG_PEEK)) < 900:  # it stays unread, so that closing resets
            pass
        os.kill(running[proxy].pid, signal.SIGSTOP)
        os.waitpid(running[proxy].pid, os.WUNTRACED)
        client.sendall(b'more')
        target.sendall(b'413 Content Too Large\n')
        target.close()
        os.kill(running[proxy].pid, signal.SIGCONT)
        answer = b''
        with contextlib.suppress(ConnectionResetError):
            answer = receive(client, 22)
        check('an answer that comes before all was asked, and then a reset: the answer', answer.startswith(b'413'), answer)
        check('an answer that comes before all was asked, and then a reset: the reset', is_reset(client))
    with pair(proxy, listener) as (client, target):
        target.sendall(b'413 Content Too Large\n')
        target.close()  # in order, and deaf from now on
        answer = receive(client)
        check('an answer, and then the end, while the client goes on', answer.startswith(b'413'), answer)
        with contextlib.suppress(OSError):
            while True:  # what nobody hears: it is not to last for ever
                client.sendall(LARGE)
        check('a client that goes on to nobody is ended', True)
goes('after all of that', proxy, listener)
check('it still runs', running[proxy].poll() is None)

later = keep_port()
refused = start('127.0.0.1:%d' % later.getsockname()[1])
check('a target that refuses: the client is reset', is_turned_away(refused))
check('a target that refuses: also a client that speaks first', is_turned_away(refused, b'GET /'))
check('a target that refuses: told', said().count('connection refused') == 2, said())
with later:
    later.listen()
    later.settimeout(DEADLINE)
    goes('a target that listens later', refused, later)

if has_ipv6():
    with listen('::1') as other:
        goes('over IPv6', start('[::1]:%d' % other.getsockname()[1]), other)
        goes('a name that answers at its IPv6 address', start('localhost:%d' % other.getsockname()[1]), other)
else:
    skip('over IPv6', 'no IPv6 here')
named = start('localhost:%d' % listener.getsockname()[1])
goes('a name that answers at its IPv4 address', named, listener)
goes('and again', named, listener)

try:
    from resource import RLIMIT_NOFILE, prlimit

    few = None if WINDOWS else start('127.0.0.1:%d' % listener.getsockname()[1])
except ImportError:
    few = None
if few is None:
    skip('no descriptor left', 'no limit that can be set from outside')
else:
    own = len(os.listdir(f'/proc/{running[few].pid}/fd'))
    prlimit(running[few].pid, RLIMIT_NOFILE, (own + 13, own + 13))  # two for each of six
    with contextlib.ExitStack() as stack:
        pairs = [stack.enter_context(pair(few, listener)) for _ in range(6)]
        waiting = stack.enter_context(dial(few))
        check('no descriptor left: others go on', all(echoes(*it) for it in pairs * 20))
        for s in pairs[0]:
            s.close()
        target = stack.enter_context(listener.accept()[0])
        check('no descriptor left: who waits is next', echoes(waiting, target))
        check('no descriptor left: told once', said().count('too many open') == 1, said())

if few is None:
    skip('no descriptor for the first client', 'no limit that can be set from outside')
else:
    poor = start('127.0.0.1:%d' % listener.getsockname()[1])
    own = len(os.listdir(f'/proc/{running[poor].pid}/fd'))
    for spare in 0, 1:
        prlimit(running[poor].pid, RLIMIT_NOFILE, (own + spare, 1024))
        before = said().count('too many open')
        with dial(poor) as client:
            client.sendall(b'hello')
            while said().count('too many open') == before and running[poor].poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    running[poor].wait(0.02)
            prlimit(running[poor].pid, RLIMIT_NOFILE, (1024, 1024))
            with listener.accept()[0] as target:
                target.settimeout(DEADLINE)
                check(f'{spare} descriptors left, and then more: the client is served', receive(target, 5) == b'hello')

nobody = '127.0.0.1:%d' % keep_port().getsockname()[1]
check_error('an address in use', run('tcp_proxy', proxy, nobody), proxy, 'already in use')
for target, word in {'127.0.0.1:x': 'malformed port', '127.0.0.1': 'malformed port', 'a..b:1': 'malformed host',
                     ':80': 'malformed host'}.items():
    check_error(f'the target {target}', run('tcp_proxy', nobody, target), f'tcp_proxy: {target}: ', word)
check_error('a malformed address', run('tcp_proxy', '127.0.0.1:x', nobody), '127.0.0.1:x', 'malformed port')
check_error('no target', run('tcp_proxy', nobody), 'usage: ', status=2)
finish()
