"""many_clients: every connection at the same time, and every answer looked at."""
import asyncio
import contextlib
import os
import re
import socket
import threading

from harness import WINDOWS, check, check_error, finish, run, skip, unused_port

try:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = hard if hard != resource.RLIM_INFINITY else 1 << 16
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(most, 4096)), hard))
except ImportError:  # Windows itself, which has no such limit
    resource, most = None, 1 << 16
COUNT = 200 if WINDOWS else min(1000, most - 200)


class Server:
    """A server in one thread; `answer` makes what it sends of each line, or None for the end."""

    def __init__(self, answer):
        self.answer = answer
        self.lines, self.here, self.peak = [], 0, 0
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=[self.serve(started)])
        self.thread.start()
        started.wait()

    async def serve(self, started):
        server = await asyncio.start_server(self.talk, '127.0.0.1', 0, backlog=4096)
        self.address = '127.0.0.1:%d' % server.sockets[0].getsockname()[1]
        self.stop = asyncio.Event()
        started.set()
        await self.stop.wait()
        server.close()
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    async def talk(self, reader, writer):
        self.here += 1
        self.peak = max(self.peak, self.here)
        with contextlib.suppress(ConnectionError):
            while (line := await reader.readline()) and (answer := self.answer(line)) is not None:
                self.lines.append(line)
                for chunk in answer:
                    writer.write(chunk)
                    await writer.drain()
        self.here -= 1
        writer.close()

    def end(self):
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join()
        self.loop.close()


@contextlib.contextmanager
def server(answer):
    it = Server(answer)
    try:
        yield it
    finally:
        it.end()


def result(done):
    found = re.fullmatch(r'(\d+) answered, (\d+) failed, in \d+\.\d{3} s', done.stdout.decode().strip())
    return found and (int(found[1]), int(found[2]))


def answered(what, answer, count):
    with server(answer) as echo:
        done = run('many_clients', echo.address, str(count))
        check(f'{what}: all are answered', (done.returncode, result(done), done.stderr) == (0, (count, 0), b''), done)
        check(f'{what}: each with its own request', len(set(echo.lines)) == count, len(set(echo.lines)))
        check(f'{what}: all at once', echo.peak >= count, echo.peak)


def failed(what, answer, count, good, word):
    with server(answer) as other:
        done = run('many_clients', other.address, str(count))
    check(f'{what}: told', (done.returncode, result(done)) == (1, (good, count - good)), done)
    done.stdout = b''
    check_error(f'{what}: why', done, f'{count - good} of {count} failed', word)


answered(f'{COUNT} clients', lambda line: [line], COUNT)
answered('an answer in pieces', lambda line: [line[:3], line[3:20], line[20:]], 20)
answered('a single client', lambda line: [line], 1)
failed('the wrong answer', lambda line: [b'x' * len(line)], 10, 0, 'protocol')
failed('no answer', lambda line: None, 10, 0, 'end of the stream')
failed('a server that fails one', lambda line: [line] if b'client 7,' not in line else None, 10, 9, 'end of the stream')

nobody = f'127.0.0.1:{unused_port()}'
check_error('nobody listens', run('many_clients', nobody, '10'), nobody, 'connection refused')
check_error('a malformed address', run('many_clients', '127.0.0.1:x', '10'), '127.0.0.1:x', 'malformed port')
for count in '0', '-1', 'x', '10x', '', '4294967297':
    check_error(f'{count!r} clients', run('many_clients', nobody, count), 'usage: ', status=2)
check_error('no count', run('many_clients', nobody), 'usage: ', status=2)

if WINDOWS:
    skip('no descriptor left', 'Windows has no limit as low as that')
    finish()
with socket.create_server(('127.0.0.1', 0), backlog=200) as listener:  # the system answers the first handshakes
    resource.setrlimit(resource.RLIMIT_NOFILE, (60, hard))  # the program inherits it
    os.environ['ASAN_OPTIONS'] = 'detect_leaks=0'  # which takes descriptors itself
    done = run('many_clients', '127.0.0.1:%d' % listener.getsockname()[1], '100')
check_error('no descriptor left', done, 'connection ', 'too many open descriptors')
finish()
