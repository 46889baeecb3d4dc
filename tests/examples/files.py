"""file_send and file_receive: exact bytes, or one line that says why not and nothing left behind."""
import atexit
import contextlib
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import tempfile
import threading

from harness import (DEADLINE, PROGRAMS, WINDOWS, check, check_error, end, finish, run, running, skip, start_server,
                     unused_port)

folder = pathlib.Path(tempfile.mkdtemp(prefix='libsock-files-'))
atexit.register(shutil.rmtree, folder, ignore_errors=True)
source = folder / 'source'
source.mkdir()


def content(size):
    return random.Random(size).randbytes(size)


def make(name, data):
    path = source / name
    path.write_bytes(data)
    return str(path)


def reset_at_close(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('HH' if os.name == 'nt' else 'ii', 1, 0))


class Receiver:
    """A file_receive and the folder for it."""

    def __init__(self, **files):
        self.files = files
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=folder)) / 'inner'  # what leaves it is seen beside it
        self.folder.mkdir()
        for name, data in files.items():
            (self.folder / name).write_bytes(data)

    def start(self, **options):
        self.stderr = tempfile.TemporaryFile()
        self.address = start_server('file_receive', '127.0.0.1:0', str(self.folder), stderr=self.stderr, **options)
        return self

    def connect(self):
        host, port = self.address.rsplit(':', 1)
        return socket.create_connection((host, port), DEADLINE)

    def left(self):
        """What there is now that was not there before."""
        found = {str(path.relative_to(self.folder.parent)): path.read_bytes()
                 for path in self.folder.parent.rglob('*') if path.is_file()}
        return {name: data for name, data in found.items() if self.files.get(os.path.basename(name)) != data}

    def ended(self):
        """Exit status, what it said last, what it said on stderr."""
        process = running[self.address]
        line = process.stdout.readline().decode(errors='replace').strip()
        status = process.wait(DEADLINE)
        self.stderr.seek(0)
        done = subprocess.CompletedProcess([], status, line.encode(), self.stderr.read().replace(b'\r\n', b'\n'))
        self.stderr.close()
        return done


def sends(what, name, data):
    receiver = Receiver().start()
    sent = run('file_send', receiver.address, make(name, data))
    got = receiver.ended()
    text = f'{name}, {len(data)} bytes'
    ended = sent.returncode, sent.stdout.decode().strip(), sent.stderr
    check(f'{what}: the sender', ended == (0, f'sent {text}', b''), sent)
    check(f'{what}: the receiver', (got.returncode, got.stderr) == (0, b'') and got.stdout.decode().endswith(text), got)
    left = receiver.left()
    check(f'{what}: the same bytes, and nothing else', left == {os.path.join('inner', name): data}, list(left))


def answers(s, *chunks):
    """Says the chunks, the second one after a first "ok"; returns all that came back."""
    heard = b''
    try:
        for chunk in chunks:
            s.sendall(chunk)
            if not heard:
                while not heard.endswith(b'\n') and (more := s.recv(1)):
                    heard += more
                if heard.strip() != b'ok':
                    break
        s.shutdown(socket.SHUT_WR)
        while more := s.recv(1000):
            heard += more
    except ConnectionError:
        pass
    return heard


def refuses(what, head, *words):
    receiver = Receiver().start()
    with receiver.connect() as s:
        heard = answers(s, head)
    check_error(what, receiver.ended(), 'file_receive: ', *words)
    check(f'{what}: the sender hears why', heard.count(b'\n') == 1 and words[-1].encode() in heard, heard)
    check(f'{what}: nothing is left', receiver.left() == {}, receiver.left())


def keeps(what, name, data, words, **files):
    """What is there already stays, and both sides say so."""
    receiver = Receiver(**files).start()
    sent = run('file_send', receiver.address, make(name, data))
    check_error(f'{what}: the sender', sent, receiver.address, *words)
    check_error(f'{what}: the receiver', receiver.ended(), name, *words)
    check(f'{what}: nothing has changed', receiver.left() == {}, receiver.left())


def breaks(what, *chunks, words, reset=False):
    receiver = Receiver().start()
    with receiver.connect() as s:
        if reset:
            s.sendall(chunks[0])
            s.recv(100)
            s.sendall(chunks[1])
            reset_at_close(s)
        else:
            answers(s, *chunks)
    check_error(what, receiver.ended(), 'file_receive: ', *words)
    check(f'{what}: nothing is left', receiver.left() == {}, receiver.left())


def told(what, path, *words, then):
    """file_send, to somebody who does `then` after having heard the name."""
    with socket.create_server(('127.0.0.1', 0)) as listener:
        listener.settimeout(DEADLINE)

        def receive():
            with listener.accept()[0] as conn:
                conn.settimeout(DEADLINE)
                while not conn.recv(1000).endswith(b'\n'):
                    pass
                then(conn)
                with contextlib.suppress(OSError):
                    while conn.recv(65536):
                        pass

        thread = threading.Thread(target=receive)
        thread.start()
        done = run('file_send', '127.0.0.1:%d' % listener.getsockname()[1], path)
        thread.join()
    check_error(what, done, 'file_send: ', *words)


def cuts(conn, text):
    conn.sendall(text)
    conn.shutdown(socket.SHUT_WR)


def breaks_off(conn):
    conn.sendall(b'ok\n')
    conn.recv(1000)
    reset_at_close(conn)
    conn.close()


for size in 0, 1, 16384, 10 << 20:
    sends(f'{size} bytes', f'file-{size}.bin', content(size))
sends('text stays as it is', 'two words.txt', b'a\r\nb\n\x1a\0c\n')
if WINDOWS:
    skip('a name beyond ASCII', 'main() of a Windows program gets it in a code page')
else:
    sends('a name beyond ASCII', 'größer.txt', b'hello')

big = make('big', content(10 << 20))
for name in (b'..', b'.', b'', b'../x', b'..\\x', b'/x', b'a/../../x', b'a/b', b'a\\b', b'c:x', b'x:stream', b'.hidden',
             b'a\x1b[2Jb', b'a\rb', b'a\x7fb', b'a\xc2\x9b2Jb', b'a\x9b2Jb', b'a\xe0\x82\x9b', b'a\xff', b'a\xe2\x89',
             b'a\xed\xa0\x80', b'a\tb', b'a.', b'a '):
    refuses(f'the name {name}', b'5 ' + name + b'\n', 'not a file', 'name')
for head in (b'x', b'5', b'', b'18446744073709551616 x', b'9' * 100 + b' x', b'0x5 x', b'5  ', b'5\tx', b'5x y',
             b'x y', b'-18446744073709551611 x', b'-1 x', b'+5 x', b' 5 x', b'5 x\0y', b'5\0 x'):
    refuses(f'the first line {head}', head + b'\n', 'not a file', 'name')
refuses('a first line without end', b'5 ' + b'x' * 100000, 'message too long')
refuses('a name too long for a file', b'5 ' + b'x' * 300 + b'\n', '' if WINDOWS else 'too long')

keeps('a file of that name', 'there', b'new', ['exists'], there=b'old')
keeps('part of an earlier one', 'there', b'new', ['exists'], **{'there.part': b'old'})

breaks('no name', words=['the sender', 'end of the stream'])
breaks('end within the file', b'100 cut\n', b'x' * 50, words=['cut', '50 of 100 bytes', 'end of the stream'])
breaks('end within a large file', b'20000000 cut\n', content(10 << 20), words=['cut', f'{10 << 20} of 20000000 bytes'])
breaks('a reset within the file', b'100 cut\n', b'x' * 50, words=['cut', 'of 100 bytes', 'reset'], reset=True)

if WINDOWS:
    skip('a sender that is killed', 'Wine 8 keeps the connections of a program that is killed while it sends')
else:
    receiver = Receiver().start()
    huge = source / 'huge'
    with open(huge, 'wb') as file:
        file.truncate(1 << 40)  # sparse; nobody waits for its end
    sender = subprocess.Popen([PROGRAMS['file_send'], receiver.address, str(huge)], stderr=subprocess.DEVNULL)
    atexit.register(end, sender)
    process = running[receiver.address]
    while process.poll() is None and not any(path.stat().st_size for path in receiver.folder.iterdir()):
        pass
    end(sender)
    check_error('a sender that is killed', receiver.ended(), 'huge', f'of {1 << 40} bytes', 'end of the stream')
    check('a sender that is killed: nothing is left', receiver.left() == {}, list(receiver.left()))
    huge.unlink()

told('a receiver that refuses', big, 'says: no, thanks', then=lambda conn: conn.sendall(b'no, thanks\n'))
told('what a terminal would obey', big, 'says: ?[31mno', then=lambda conn: conn.sendall(b'\x1b[31mno\n'))
told('a receiver that says nothing', big, 'end', then=lambda conn: conn.shutdown(socket.SHUT_WR))
told('a receiver that ends within the first "ok"', big, 'end of the stream', then=lambda conn: cuts(conn, b'ok'))
told('a receiver that ends within the last "ok"', big, 'end of the stream', then=lambda conn: cuts(conn, b'ok\nok'))
told('"ok", and then something else', big, 'says: ok?no', then=lambda conn: conn.sendall(b'ok\nok\0no\n'))
told('a receiver that breaks off', big, '127.0.0.1:', then=breaks_off)
told('a receiver that fails later', big, 'says: disk full', then=lambda conn: conn.sendall(b'ok\ndisk full\n'))


def shorten(conn):
    os.truncate(big, 1000000)
    conn.sendall(b'ok\n')


told('a file that becomes shorter', big, 'big', 'shorter', then=shorten)

nobody = f'127.0.0.1:{unused_port()}'
check_error('nobody listens', run('file_send', nobody, big), nobody, 'connection refused')
check_error('no such file', run('file_send', nobody, str(source / 'none')), 'none', 'No such file')
check_error('a folder', run('file_send', nobody, str(source)), 'source', 'ermission denied' if WINDOWS else 'directory')
if WINDOWS:
    skip('what holds bytes, but has no size', 'no /dev/zero')
else:
    check_error('what holds bytes, but has no size', run('file_send', nobody, '/dev/zero'), '/dev/zero', 'no size')
check_error('a malformed address', run('file_send', '127.0.0.1:x', big), '127.0.0.1:x', 'malformed port')
check_error('no file given', run('file_send', nobody), 'usage: ', status=2)
check_error('no address given', run('file_receive'), 'usage: ', status=2)
check_error('a receiver with a malformed address', run('file_receive', 'a..b:1'), 'a..b:1', 'malformed host')
done = run('file_receive', nobody, str(folder / 'none'))
check_error('a receiver without its folder', done, 'none', 'no such folder')

if WINDOWS:
    skip('a full disk', 'a limit on files is not in Windows')
    skip('the bar', 'a terminal is another thing there')
    finish()

import pty
import resource
import signal


def small_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000000, 1000000))


receiver = Receiver().start(preexec_fn=small_files)
sent = run('file_send', receiver.address, make('whole', content(10 << 20)))
check_error('a full disk: the sender', sent, receiver.address, 'says: ', 'cannot be written', 'too large')
check_error('a full disk: the receiver', receiver.ended(), 'whole', 'cannot be written', 'too large')
check('a full disk: nothing is left', receiver.left() == {}, list(receiver.left()))


def watched(name, size, words):
    """What a person sees on a terminal."""
    screen, terminal = pty.openpty()
    receiver = Receiver().start()
    path = make(name, content(size))
    sender = subprocess.Popen([PROGRAMS['file_send'], receiver.address, path], stdout=subprocess.DEVNULL,
                              stderr=terminal)
    os.close(terminal)
    seen = b''
    try:
        while more := os.read(screen, 1000):
            seen += more
    except OSError:  # the end of a terminal
        pass
    os.close(screen)
    sender.wait()
    receiver.ended()
    check(f'the bar of {name}', all(word in seen for word in words) and seen.count(b'\n') == 1, seen)


watched('a-large-file', 10 << 20, [b'\r 50 % ########', b'\r100 % ################\r\n'])
finish()
