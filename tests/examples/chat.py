"""multicast_chat: who is in the group hears what is said there, on the loopback."""
import socket

from harness import WINDOWS, Running, check, check_error, finish, run, skip, skip_all

INTERFACE = 'lo'
if INTERFACE not in [name for _, name in socket.if_nameindex()]:
    skip_all('no loopback interface of a known name')


class Talker(Running):
    """A chat with its terminal; what it prints comes line by line."""

    def __init__(self, group, name):
        super().__init__('multicast_chat', group, name, INTERFACE)

    def hears(self):
        return self.process.stdout.readline().decode().strip()

    def leave(self):
        self.ends_input()
        return self.finish()


keeper = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # of a port that no other program is given
keeper.bind(('127.0.0.1', 0))
keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # but that those may share who say this, as the chat does
group = f'239.255.77.9:{keeper.getsockname()[1]}'
ada, bob = Talker(group, 'ada'), Talker(group, 'bob')
for talker in ada, bob:
    line = talker.hears()
    check('it says when it has joined', line == f'talking on {group}', line)
bob.says(b'hello\nhow are you?\n')
for talker, who in (ada, 'the other one'), (bob, 'the speaker'):
    for text in 'hello', 'how are you?':
        line = talker.hears()
        check(f'{who} hears: {text}', line == f'127.0.0.1 bob: {text}', line)
ada.says('größer \x1b[2J\n'.encode())
line = bob.hears()
check('what would upset the terminal is left out', line == '127.0.0.1 ada: größer ?[2J', line)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
    stranger.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('127.0.0.1'))
    for what, said, heard in [
            ('a NUL', b'a\0b', 'a?b'), ('lines of its own', b'x\r\n127.0.0.1 bob: y', 'x??127.0.0.1 bob: y'),
            ('controls of eight bits', b'\x80\x9b\x9f', '???'), ('those of UTF-8', b'\xc2\x80\xc2\x9b2J\xc2\x9f', '????2J??'),
            ('what is no UTF-8', b'\xff\xfe\xe0\x82\x9b\xed\xa0\x80', '?' * 8), ('half a character', b'a\xe2\x89', 'a??'),
            ('what is', 'ä≠\u00a0\U0001f600'.encode(), 'ä≠\u00a0\U0001f600')]:
        stranger.sendto(said, ('239.255.77.9', keeper.getsockname()[1]))
        line = bob.hears()
        check(f'a stranger sends {what}', line == f'127.0.0.1 {heard}', line)
ada.says(b'x' * 3000 + b'\nand so on\n')
line = bob.hears()
check('a line that is too long loses its end', line == '127.0.0.1 ada: ' + 'x' * 1023, line)
line = bob.hears()
check('and the next one is heard', line == '127.0.0.1 ada: and so on', line)
for talker in ada, bob:
    status = talker.leave()
    check('it ends with its input', status == 0, status)

for group, interface, words in (
        ('127.0.0.1:7042', INTERFACE, ['127.0.0.1:7042', 'invalid']),
        ('chat.test:7042', INTERFACE, ['malformed host']),
        ('239.255.77.9:x', INTERFACE, ['malformed port']),
        ('239.255.77.9', INTERFACE, ['malformed port']),
        ('239.255.77.9:7042', 'nosuch', ['no such network interface'])):
    check_error(f'{group} on {interface}', run('multicast_chat', group, 'ada', interface), 'multicast_chat: ', *words)
check_error('no name', run('multicast_chat', '239.255.77.9:7042'), 'usage: ', status=2)
if WINDOWS:
    skip('no thread for the terminal', 'no limit on its stack to be had')
    finish()

import resource

limits = resource.getrlimit(resource.RLIMIT_STACK)
if limits[1] != resource.RLIM_INFINITY and limits[1] < 1 << 46:
    skip('no thread for the terminal', 'there is a limit on stacks')
else:
    resource.setrlimit(resource.RLIMIT_STACK, (1 << 46, limits[1]))  # a thread's, and there is no room for that
    done = run('multicast_chat', group, 'ada', INTERFACE)
    resource.setrlimit(resource.RLIMIT_STACK, limits)
    check_error('no thread for the terminal', done, group, 'out of memory')
finish()
