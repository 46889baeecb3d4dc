"""A terminal gets what strangers say as text, and is not commanded by it; whatever is no terminal gets every byte."""
import os
import socket
import subprocess
import threading

from harness import DEADLINE, PROGRAMS, WINDOWS, check, end, finish, skip_all

try:
    import pty
    import tty
except ImportError:
    skip_all('no terminals here')
if WINDOWS:
    skip_all('a terminal here is none for Wine')

# In one piece and byte by byte: what is said, and what a terminal may see of it.
SAID = {
    'colours': (b'a\x1b[31mb\x1b[0mc', b'a?[31mb?[0mc'),
    'the title of the window': (b'\x1b]0;owned\x07x', b'?]0;owned?x'),
    'controls of eight bits': (b'a\x9b31mb\x90c', b'a?31mb?c'),
    'those of UTF-8': (b'a\xc2\x9b31mb\xc2\x85c', None),
    'back and over it': (b'good\b\b\b\bevil\x7f', b'good????evil?'),
    'other alphabets': ('größer ≠ ’kleiner’ \U0001f600'.encode(),) * 2,
    'tabs and lines': (b'a\tb\r\nc\n', b'a\tb\nc\n'),
    'shift out': (b'a\x0eb\x0fc', b'a?b?c'),
}


def on_terminal(server, *command):
    """What the program writes to its terminal until it ends."""
    leader, follower = pty.openpty()
    tty.setraw(follower)  # so that nothing becomes anything else
    process = subprocess.Popen([PROGRAMS[command[0]], *command[1:]], stdin=subprocess.DEVNULL, stdout=follower,
                               stderr=subprocess.PIPE)
    os.close(follower)
    timer = threading.Timer(DEADLINE, process.kill)
    timer.start()
    seen = b''
    try:
        while data := os.read(leader, 4096):
            seen += data
    except OSError:  # nobody holds the other side any more
        pass
    process.stderr.close()
    process.wait()
    timer.cancel()
    server.join()
    os.close(leader)
    return seen


def serve(before, pieces):
    """A server for one; its port, and the thread that says all of it and ends."""
    listener = socket.create_server(('127.0.0.1', 0))
    listener.settimeout(DEADLINE)

    def talk():
        with listener, listener.accept()[0] as conn:
            conn.settimeout(DEADLINE)
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if before:
                conn.recv(4096)
                conn.sendall(before)
            for piece in pieces:
                conn.sendall(piece)
            conn.shutdown(socket.SHUT_WR)
            while conn.recv(4096):
                pass

    thread = threading.Thread(target=talk)
    thread.start()
    return listener.getsockname()[1], thread


for name, address, before in ('http_get', 'http://127.0.0.1:%d/', b'HTTP/1.0 200 OK\r\n\r\n'), \
        ('netcat', '127.0.0.1:%d', b''):
    for what, (said, seen) in SAID.items():
        wanted = seen or b'a?31mb?c'
        for pieces in [said], [bytes([byte]) for byte in said]:
            port, server = serve(before, pieces)
            got = on_terminal(server, name, address % port)
            check(f'{name} and {what}, in {len(pieces)} pieces', got == wanted, got, wanted)
    port, server = serve(before, [bytes(range(256))])
    done = subprocess.run([PROGRAMS[name], address % port], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=DEADLINE)
    server.join()
    check(f'{name} to a pipe: every byte', done.stdout == bytes(range(256)), done.stdout)


def telnet_shows(said):
    """What telnet shows of that at a terminal of its own, up to a full stop."""
    listener = socket.create_server(('127.0.0.1', 0))
    leader, follower = pty.openpty()
    tty.setraw(follower)
    process = subprocess.Popen([PROGRAMS['telnet'], '127.0.0.1:%d' % listener.getsockname()[1]], stdin=follower,
                               stdout=follower, stderr=subprocess.DEVNULL)
    os.close(follower)
    timer = threading.Timer(DEADLINE, process.kill)
    timer.start()
    conn, _ = listener.accept()
    conn.sendall(said + b'.')
    seen = b''
    while not seen.endswith(b'.'):
        seen += os.read(leader, 4096)
    conn.close()
    end(process)
    timer.cancel()
    os.close(leader)
    listener.close()
    return seen[:-1]


SAID |= {
    'a NUL': (b'a\0b', b'a?b'),
    'controls in forms that are too long': (b'a\xe0\x82\x9bb\xf0\x80\x82\x9bc\xc0\x9bd', b'a\xe0??b\xf0???c??d'),
    'what no character is': (b'a\xed\xa0\x80b\xf4\x90\x80\x80c\xf5\x80d\xbfe', b'a\xed??b\xf4???c??d?e'),
}
for what, (said, seen) in SAID.items():
    got = telnet_shows(said)
    wanted = seen or b'a\xc2?31mb\xc2?c'  # half a character is shown as such
    check(f'telnet by lines and {what}', got.replace(b'\r\n', b'\n') == wanted, got, wanted)
finish()
