"""telnet speaks the Telnet protocol (RFC 854), however its bytes are split, and lines of text to other servers."""
import os
import signal
import socket
import threading

from harness import DEADLINE, WINDOWS, Running, check, check_error, finish, run, unused_port

SE, NOP, DM, GA, SB, WILL, WONT, DO, DONT, IAC = 240, 241, 242, 249, 250, 251, 252, 253, 254, 255
ECHO, SGA, TTYPE, NAWS = 1, 3, 24, 31
socket.setdefaulttimeout(DEADLINE)


class Server:
    """A server for one telnet, and that telnet."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.address = '127.0.0.1:%d' % self.listener.getsockname()[1]

    def start(self):
        self.telnet = Running('telnet', self.address)
        self.accept()
        return self

    def accept(self):
        self.conn, _ = self.listener.accept()
        self.listener.close()
        self.conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive(self, length=1 << 30):
        data = b''
        while len(data) < length and (more := self.conn.recv(min(65536, length - len(data)))):
            data += more
        return data

    def shows(self, sent, shown, answer=b'', what=None):
        """What it sends is shown as that, and answered with that."""
        mark = b'#'
        self.conn.sendall(sent + mark)
        heard, answered = self.telnet.hears(len(shown) + 1), self.receive(len(answer))
        check(what or f'{sent} is shown as {shown} and answered with {answer}',
              (heard, answered) == (shown + mark, answer), heard, answered)

    def ends(self, what, status=0):
        if status == 0:
            self.conn.shutdown(socket.SHUT_WR)
            self.receive()  # closing would reset the connection if something was left unread
        self.conn.close()
        got = self.telnet.finish()
        check(what, got == status, got)


def command(*codes):
    return bytes([IAC, *codes])


# A server of text.
server = Server().start()
server.telnet.says(b'unix\nwindows\r\nno end')
server.telnet.ends_input()
data = server.receive()
check('lines end with CR LF on the wire, and the end of input is passed on', data == b'unix\r\nwindows\r\nno end', data)
text = b'one\ntwo\nthree\rfour\0five\rsix\n\xffseven\n'
server.conn.sendall(b'one\r\ntwo\nthree\r\0four\0five\rsix\r\n\xff\xffseven\n')
data = server.telnet.hears(len(text))
check('lines end with LF on the screen', data == text, data)
server.ends('it ends when the server does')

server = Server().start()
server.telnet.says(b'a\rb\xffc\r\r\nd\n')
data = server.receive(14)
check('CR alone is CR NUL, and IAC is doubled', data == b'a\r\0b\xff\xffc\r\0\r\nd\r\n', data)
server.ends('it ends though its input has not')

# Options.
server = Server().start()
for sent, answer in [
        (command(WILL, ECHO), command(DO, ECHO)), (command(WILL, ECHO), b''),
        (command(WONT, ECHO), command(DONT, ECHO)), (command(WONT, ECHO), b''),
        (command(WILL, SGA), command(DO, SGA)), (command(WILL, SGA), b''),
        (command(DO, SGA), command(WILL, SGA)), (command(DO, SGA), b''), (command(DONT, SGA), command(WONT, SGA)),
        (command(DONT, SGA), b''), (command(DO, ECHO), command(WONT, ECHO)), (command(DONT, ECHO), b''),
        (command(DO, TTYPE), command(WONT, TTYPE)), (command(DO, NAWS), command(WONT, NAWS)),
        (command(WILL, TTYPE), command(DONT, TTYPE)), (command(DONT, NAWS), b''), (command(WONT, 255), b''),
        (command(DO, 255), command(WONT, 255)), (command(WILL, 0), command(DONT, 0))]:
    server.shows(sent, b'', answer)
known = {ECHO, SGA}
asked = b''.join(command(DO, option) + command(WILL, option) for option in range(256) if option not in known)
refused = b''.join(command(WONT, option) + command(DONT, option) for option in range(256) if option not in known)
server.shows(asked, b'', refused, 'all that it does not know is refused')
for sent, shown in [
        (command(NOP) + b'a' + command(GA) + b'b' + command(DM), b'ab'),
        (command(SB, TTYPE, 1) + command(SE) + b'c', b'c'),
        (command(SB, NAWS, 0) + command(IAC, SE) + command(SE) + b'd', b'd'),
        (command(SB, 99, WILL, ECHO) + command(IAC) + b'\r\n' + command(IAC) + command(SE) + b'e', b'e'),
        (command(IAC), b'\xff'), (command(IAC) + command(IAC), b'\xff\xff'),
        (b'\r' + command(NOP) + b'\n', b'\n'), (b'\r' + command(GA) + b'\0', b'\r')]:
    server.shows(sent, shown)
server.ends('it ends after all that')

# Every split of every sequence: what is before a split has been read when its mark is on the screen.
server = Server().start()
for sent, shown, answer in [
        (command(DO, TTYPE), b'', command(WONT, TTYPE)), (command(WILL, NAWS), b'', command(DONT, NAWS)),
        (command(IAC), b'\xff', b''), (command(SB, TTYPE, 1, IAC, IAC, IAC, SE), b'', b''), (b'\r\n', b'\n', b''),
        (b'\r\0', b'\r', b''), (command(NOP) + b'x', b'x', b''),
        (b'\r' + command(DO, 99) + b'\n', b'\n', command(WONT, 99))]:
    for split in range(len(sent) + 1):
        server.conn.sendall(b'<' + sent[:split])
        first = server.telnet.hears(1)
        server.conn.sendall(sent[split:] + b'>')
        rest, answered = server.telnet.hears(len(shown) + 1), server.receive(len(answer))
        check(f'{sent} split at {split}', (first + rest, answered) == (b'<' + shown + b'>', answer),
              first, rest, answered)
# TCP delivers urgent data, a Data Mark, beside the stream.
server.conn.send(b'out' + command())
server.conn.send(bytes([DM]), socket.MSG_OOB)
server.shows(b'wards', b'outwards')
server.ends('it ends after all splits')

# Somebody who repeats everything, answers included, finds an end.
server = Server().start()
server.conn.sendall(command(WILL, ECHO) + command(DO, SGA) + command(WILL, SGA) + command(DO, ECHO))
heard = server.receive(3)
server.conn.sendall(heard)
server.telnet.says(b'bye\n')
while not heard.endswith(b'bye\r\n') and len(heard) < 1000:
    heard += (byte := server.receive(1))
    server.conn.sendall(byte)
check('no talk of options goes on for ever', len(heard) < 100, heard)
server.ends('it ends after a mirror')

# A lot, both ways at once.
LINES = b''.join(b'%d the quick brown fox\n' % number for number in range(40000))
server = Server().start()


def mirror():
    while data := server.conn.recv(65536):
        server.conn.sendall(data)
    server.conn.close()


def type_lines():
    server.telnet.says(LINES)
    server.telnet.ends_input()


threads = [threading.Thread(target=mirror), threading.Thread(target=type_lines)]
for thread in threads:
    thread.start()
data = server.telnet.hears(len(LINES))
check('a megabyte goes both ways at once', data == LINES and server.telnet.finish() == 0, len(data))
for thread in threads:
    thread.join()

server = Server().start()
asking = command(DO, TTYPE) * 1000
try:
    while server.telnet.process.poll() is None:
        server.conn.sendall(asking)
except OSError:
    pass  # it has had enough
line = server.telnet.complains()
check('who asks on and takes no answer is left', server.telnet.finish() == 1 and 'takes no answer' in line, line)

server = Server().start()
server.shows(b'last words\r\n', b'last words\n')
server.conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')  # closing resets
server.ends('a reset is an error', status=1)
line = server.telnet.complains()
check('which is told', line == f'telnet: {server.address}: connection reset by peer', line)

address = f'127.0.0.1:{unused_port()}'
check_error('nobody listens', run('telnet', address), 'telnet: ', address, 'connection refused')
for address, word in {
        '256.1.1.1': 'malformed host', '': 'malformed host', 'no..name:7': 'malformed host',
        '[::1:7': 'malformed host', '127.0.0.1:': 'malformed port', '127.0.0.1:telnet': 'malformed port'}.items():
    check_error(f'{address!r}', run('telnet', address), 'telnet: ', address, word)
for args in [], ['127.0.0.1', '23']:
    check_error(f'{args}', run('telnet', *args), 'usage: telnet', status=2)


def at_a_terminal():
    """With a terminal, where a server that echoes gets every key, and which in the end is as it was before."""
    import pty
    import subprocess
    import termios
    from harness import PROGRAMS

    class Terminal(Server):
        def start(self):
            self.master, self.slave = pty.openpty()
            self.before = termios.tcgetattr(self.slave)
            self.process = subprocess.Popen([PROGRAMS['telnet'], self.address], stdin=self.slave, stdout=self.slave,
                                            stderr=subprocess.PIPE, start_new_session=True)
            self.accept()
            self.greeting = self.process.stderr.readline()
            return self

        def keys(self, data):
            os.write(self.master, data)

        def screen(self, end):
            data = b''
            while not data.endswith(end):
                data += os.read(self.master, 1)
            return data

        def raw(self):
            self.conn.sendall(command(WILL, ECHO))
            answer = self.receive(3)
            self.conn.sendall(b'>')
            return check('it lets the server echo', (answer, self.screen(b'>')) == (command(DO, ECHO), b'>'), answer)

        def gone(self, what, status):
            got = self.process.wait(DEADLINE)
            after = termios.tcgetattr(self.slave)
            check(what, (got, after) == (status, self.before), got, after, self.before)
            self.conn.close()
            self.process.stderr.close()
            os.close(self.master)
            os.close(self.slave)

    t = Terminal().start()
    check('it says how to end it', b'^]' in t.greeting, t.greeting)
    t.keys(b'by lnx\x7f\x7fine\n')
    check('without echo it sends lines', t.receive(9) == b'by line\r\n')
    t.screen(b'\r\n')
    t.raw()
    t.keys(b'k')
    check('with echo it sends keys', t.receive(1) == b'k')
    t.keys(b'\x03\x04\x1a\x11\x7f\t')
    check('all of them', t.receive(6) == b'\x03\x04\x1a\x11\x7f\t')
    t.keys(b'\r')
    check('and Enter as CR NUL', t.receive(2) == b'\r\0')
    t.keys(b'\n')
    check('and a line feed as it is', t.receive(1) == b'\n')
    t.conn.sendall(b'a\r\nb\nc\r\0d.')
    check('which the terminal itself does not show', (data := t.screen(b'.')) == b'a\r\nb\nc\rd.', data)
    t.conn.sendall(command(WONT, ECHO))
    check('it takes the echo over again', t.receive(3) == command(DONT, ECHO))
    t.conn.sendall(b'!')
    t.screen(b'!')
    t.keys(b'line\n')
    check('and sends lines again', t.receive(6) == b'line\r\n')
    t.screen(b'\r\n')
    t.raw()
    t.keys(b'x\x1dy')
    t.gone('^] ends it, and the terminal is as before', 0)

    t = Terminal().start()
    t.keys(b'half a line\x1d')
    t.gone('so it does without echo, and waits for no Enter', 0)

    t = Terminal().start()
    t.raw()
    t.conn.close()
    t.gone('the terminal is as before when the server ends', 0)

    t = Terminal().start()
    t.raw()
    t.conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
    t.conn.close()
    t.gone('and when the connection is reset', 1)

    for number in signal.SIGTERM, signal.SIGINT:
        t = Terminal().start()
        t.raw()
        t.process.send_signal(number)
        t.gone(f'and after {number.name}', 128 + number)

    t = Terminal().start()
    t.keys(b'last\n\x04')
    check('^D is the end of input', (data := t.receive()) == b'last\r\n', data)
    t.conn.close()
    t.gone('and the terminal is as before', 0)


if not WINDOWS:
    at_a_terminal()
finish()
