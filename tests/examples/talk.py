"""talk waits for a server and standard input at once, of whatever kind that is: a pipe, a file, nothing, a terminal."""
import os
import socket
import subprocess
import tempfile

from harness import DEADLINE, PROGRAMS, WINDOWS, Running, check, check_error, finish, run, unused_port

socket.setdefaulttimeout(DEADLINE)


def everything(s):
    data = b''
    while more := s.recv(65536):
        data += more
    return data


check_error('without an address', run('talk'), 'usage: talk', status=2)
if WINDOWS:
    check_error('waiting for standard input', run('talk', '127.0.0.1:7'), 'not supported by this operating system')
    finish()
check_error('nobody there', run('talk', f'127.0.0.1:{unused_port()}'), 'talk: 127.0.0.1:')
check_error('no address', run('talk', 'a..b:1'), 'talk: a..b:1: malformed host')

server = socket.create_server(('127.0.0.1', 0))
address = '127.0.0.1:%d' % server.getsockname()[1]
program = Running('talk', address)
client, _ = server.accept()
client.sendall(b'first\n')
check('what the server says is shown before anything is typed', program.hears(6) == b'first\n')
program.says(b'typed\n')
check('what is typed reaches the server', client.recv(6, socket.MSG_WAITALL) == b'typed\n')
client.sendall(b'second\x1b\n')
check('and the other way round', program.hears(8) == b'second?\n')
program.ends_input()
check('the end of what is typed reaches the server', client.recv(1) == b'')
client.sendall(b'last\n')
client.close()
check('and the rest is shown until the server ends', program.hears(6) == b'last\n' and program.finish() == 0)

for name, typed in ('a file', b'from a file\n' * 10000), ('an empty file', b''), ('/dev/null', None):
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as shown:
        file.write(typed or b'')
        file.seek(0)
        process = subprocess.Popen([PROGRAMS['talk'], address], stdin=file if typed is not None else subprocess.DEVNULL,
                                   stdout=shown)
        client, _ = server.accept()
        heard = everything(client)
        client.sendall(b'bye')
        client.close()
        ended = process.wait(DEADLINE)
        shown.seek(0)
        check(f'{name} is standard input', (heard, ended, shown.read()) == (typed or b'', 0, b'bye'), len(heard), ended)

master, slave = os.openpty()
process = subprocess.Popen([PROGRAMS['talk'], address], stdin=slave, stdout=subprocess.DEVNULL)
client, _ = server.accept()
os.write(master, b'keys\n')
check('a terminal is standard input', client.recv(5, socket.MSG_WAITALL) == b'keys\n')
os.write(master, b'\x04')
check('and its end', client.recv(1) == b'')
client.close()
check('a server that ends ends it', process.wait(DEADLINE) == 0)
finish()
