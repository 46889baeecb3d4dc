"""chat_server: what one says all others hear, whatever the rest of the clients do or leave undone."""
import os
import socket
import struct

from harness import DEADLINE, WINDOWS, check, check_error, finish, has_ipv6, run, skip, start_server


class Client:
    def __init__(self, server):
        host, _, port = server.rpartition(':')
        self.s = socket.create_connection((host.strip('[]'), int(port)), timeout=DEADLINE)
        self.file = self.s.makefile('rb')
        here, port = self.s.getsockname()[:2]
        self.name = f'[{here}]:{port}' if ':' in here else f'{here}:{port}'

    def say(self, data):
        self.s.sendall(data)

    def hear(self):
        try:
            return self.file.readline()
        except OSError as error:
            return error

    def close(self, reset=False):
        if reset:
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('hh' if os.name == 'nt' else 'ii', 1, 0))
        self.file.close()
        self.s.close()


def hears(what, listener, *lines):
    """The listener hears these lines next, and nothing else."""
    got = [listener.hear() for _ in lines]
    check(what, got == list(lines), *(line[:100] if isinstance(line, bytes) else repr(line) for line in got[:5]))


def enter(server, *others):
    """A new client; what it says when it comes is heard only once it is in."""
    client = Client(server)
    client.say(b'here\n')
    line = f'{client.name}: here\n'.encode()
    if any(other.hear() != line for other in others):
        check('a new client is heard', False, client.name)
        finish()
    return client


def conversation(server):
    anna = Client(server)
    bert = enter(server, anna)
    carl = enter(server, anna, bert)
    a, b = f'{anna.name}: '.encode(), f'{bert.name}: '.encode()

    anna.say(b'hello\n')
    for other in bert, carl:
        hears('the others hear it, with a name before it', other, a + b'hello\n')
    bert.say(b'hi\r\n')
    hears('who speaks is not told it, and an end of line is LF', anna, b + b'hi\n')
    hears('one line after the other', carl, b + b'hi\n')
    for byte in b'slowly\n':
        anna.say(bytes([byte]))
    hears('a line in pieces is one line', bert, a + b'slowly\n')
    anna.say(b''.join(b'%d\n' % i for i in range(1000)))
    hears('lines in one piece are many lines', bert, *(a + b'%d\n' % i for i in range(1000)))
    anna.say(b'\n\n')
    hears('empty lines are lines', bert, a + b'\n', a + b'\n')
    anna.say('größer\t≠ kleiner\n'.encode())
    hears('text is passed on', bert, a + 'größer\t≠ kleiner\n'.encode())
    anna.say(b'\x1b[2J\x7f\a\n')
    hears('control characters are not', bert, a + b'?[2J??\n')
    for what, said, heard in [
            ('a NUL', b'before\0after', b'before?after'), ('a CR', b'a\rb', b'a?b'),
            ('controls of eight bits', bytes(range(0x80, 0xa0)), b'?' * 32),
            ('those of UTF-8', b''.join(b'\xc2' + bytes([c]) for c in range(0x80, 0xa0)), b'??' * 32),
            ("Telnet's commands", b'\xff\xfa\xff\xff\xf1', b'?????'), ('a command in a character', b'\xc3\xff', b'??'),
            ('the longest forms of short characters', b'\xc0\x9b\xc1\x9b\xe0\x82\x9b\xf0\x80\x82\x9b', b'?' * 11),
            ('halves of characters', b'\xed\xa0\x80\xed\xbf\xbf', b'?' * 6), ('what is above all', b'\xf4\x90\x80\x80', b'????'),
            ('the beginning of a character', b'a\xe2\x89', b'a??')]:
        anna.say(said + b'\n')
        hears(f'{what}: a question mark', bert, a + heard + b'\n')
    text = 'a~\u00a0\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff \U0001f600'.encode()
    anna.say(text + b'\n')
    hears('every length of character is passed on', bert, a + text + b'\n')
    for length in 1021, 1022, 1023, 1024, 5000, 1 << 20:
        anna.say(b'x' * length + b'\nnext\n')
        kept = length if length < 1023 else 1023
        hears(f'of a line of {length} bytes {kept} are heard, and then the next', bert,
              a + b'x' * kept + b'\n', a + b'next\n')
    anna.say(b'last words')
    anna.s.shutdown(socket.SHUT_WR)
    hears('a line without its end is heard when the client goes', bert, a + b'last words\n')
    hears('who has left is let go', anna, b'')
    bert.close(reset=True)
    dora = enter(server, carl) if skip_lines(carl, a + b'last words\n') else None
    carl.say(b'who is left?\n')
    hears('those who leave, in order or not, take nobody along', dora, f'{carl.name}: who is left?\n'.encode())
    for client in anna, carl, dora:
        client.close()


def skip_lines(listener, last):
    while (line := listener.hear()) != last:
        if not line or not isinstance(line, bytes):
            return False
    return True


def crowd(server):
    stalled = [Client(server) for _ in range(500)]
    for client in stalled[:250]:
        client.say(b'half a li')
    anna = Client(server)
    bert = enter(server, anna)
    anna.say(b'nobody else says a word\n')
    hears('500 clients that connect and stall hold up nobody', bert, f'{anna.name}: nobody else says a word\n'.encode())
    for number, client in enumerate(stalled):
        client.close(reset=number % 2 == 0)
    anna.say(b'they are gone\n')
    check('nor do they when all of them leave at once',
          skip_lines(bert, f'{anna.name}: they are gone\n'.encode()))  # after what they had begun to say
    anna.close()
    bert.close()


def deaf(server):
    """One client does not read. It may take a while until that can be known, but then it is dropped."""
    listener = Client(server)
    talker = enter(server, listener)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.settimeout(DEADLINE)
    host, _, port = server.rpartition(':')
    deaf.connect((host, int(port)))
    deaf.sendall(b'here\n')
    here = '%s:%d' % deaf.getsockname()
    hears('a client that does not read', listener, f'{here}: here\n'.encode())
    line = b'x' * 1000
    good, total = True, 0
    for _ in range(160):
        talker.say((line + b'\n') * 100)
        good = good and all(listener.hear() == talker.name.encode() + b': ' + line + b'\n' for _ in range(100))
        total += 100
    check('is no reason for others to miss a line', good)
    got = 0
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    try:
        while piece := deaf.recv(1 << 20):
            got += len(piece)
    except OSError:
        pass  # a reset ends it as well
    check('and is dropped', got < total * 1000, f'{got} bytes')
    for client in listener, talker, deaf:
        client.close()


def few_descriptors():
    import resource
    server = start_server('chat_server', '127.0.0.1:0',
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20)))
    anna = Client(server)
    bert = enter(server, anna)
    others = [Client(server) for _ in range(23)]  # of which half can be in
    for client in others:
        client.say(b'here\n')
    for _ in range(10):
        anna.hear()
    anna.say(b'is there room?\n')
    check('with few descriptors those who are in can talk', skip_lines(bert, f'{anna.name}: is there room?\n'.encode()))
    for client in bert, *others[:11]:
        client.close()
    check('and those who wait come in when others leave', skip_lines(anna, f'{others[-1].name}: here\n'.encode()))


for host in ['127.0.0.1', '[::1]']:
    if host == '[::1]' and not has_ipv6():
        skip('a conversation over IPv6', 'no IPv6 here')
    else:
        conversation(start_server('chat_server', host + ':0'))
server = start_server('chat_server', '127.0.0.1:0')
crowd(server)
deaf(server)
if os.name == 'posix' and not WINDOWS:
    few_descriptors()
else:
    skip('with few descriptors', 'no limit to set here')
check_error('a second server', run('chat_server', server), 'chat_server', server, 'already in use')
check_error('a malformed address', run('chat_server', '127.0.0.1:x'), 'chat_server', 'malformed port')
finish()
