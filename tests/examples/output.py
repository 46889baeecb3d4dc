"""What a program that prints a result could not write is no success. /dev/full and strace see to it."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

from harness import DEADLINE, PROGRAMS, WINDOWS, check, check_error, finish, skip, skip_all, start_server

if WINDOWS or not os.path.exists('/dev/full'):
    skip_all('no /dev/full')
folder = tempfile.TemporaryDirectory(prefix='libsock-output-')
listener = socket.create_server(('127.0.0.1', 0))
sayer = socket.create_server(('127.0.0.1', 0))
clock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
clock.bind(('127.0.0.1', 0))


def serve(page):
    """A page to everybody who asks, and then the end."""
    while True:
        conn, _ = listener.accept()
        with conn:
            conn.recv(1000)
            conn.sendall(page)


def say():
    """The same to everybody, unasked."""
    while True:
        conn, _ = sayer.accept()
        with conn:
            conn.sendall(b'hello')


def tell_time():
    """The time of the question, from a server whose clock is set."""
    while True:
        question, peer = clock.recvfrom(100)
        now = question[40:48]
        clock.sendto(bytes([4 << 3 | 4, 1]) + bytes(14) + now * 4, peer)


page = b'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello'
for job, *args in (serve, page), (tell_time,), (say,):
    threading.Thread(target=job, args=args, daemon=True).start()
web = '127.0.0.1:%d' % listener.getsockname()[1]
tcp, udp = start_server('tcp_echo_server', '127.0.0.1:0'), start_server('udp_echo_server', '127.0.0.1:0')
COMMANDS = [
    ['http_get', f'http://{web}/'], ['interfaces'], ['many_clients', tcp, '1'], ['netcat', web], ['netstat', '-n'],
    ['ntp_time', '127.0.0.1:%d' % clock.getsockname()[1]], ['resolve', '127.0.0.1'], ['services', 'http'],
    ['tcp_echo_client', tcp, 'hello'], ['tcp_statistics', tcp], ['tcp_tail', '127.0.0.1:%d' % sayer.getsockname()[1], '1'], ['telnet', web], ['udp_ask', udp],
    ['which_way', '127.0.0.1'], ['udp_echo_client', udp, 'hello'],
]


def write_to(path, command, *before):
    with open(path, 'wb') as out:
        return subprocess.run([*before, PROGRAMS[command[0]], *command[1:]], input=b'hello\n', stdout=out,
                              stderr=subprocess.PIPE, timeout=DEADLINE,
                              env={**os.environ, 'ASAN_OPTIONS': 'detect_leaks=0'})


def complains(what, done):
    done.stdout = b''
    check_error(what, done, '')


path = os.path.join(folder.name, 'out')
for command in COMMANDS:
    done = write_to(path, command)
    check(f'{command[0]} can write', (done.returncode, done.stderr) == (0, b''), done)
    complains(f'{command[0]} to a full disk', write_to('/dev/full', command))

FAILS = ['strace', '-f', '-o', os.devnull, '-P', path, '-e', 'trace=close', '-e', 'inject=close:error=EDQUOT']
traced = sys.platform == 'linux' and shutil.which('strace')
if not traced or subprocess.run(['strace', '-o', os.devnull, '-e', 'inject=getppid:error=EPERM', 'true'],
                                capture_output=True).returncode:
    skip('a disk that is found to be full at the close', 'no strace here, or it may not trace')
    finish()
for command in COMMANDS:
    complains(f'{command[0]} to a disk that is found to be full at the close', write_to(path, command, *FAILS))

# file_receive: nothing is left of what the system may not have kept, and the sender is told.
inner = os.path.join(folder.name, 'inner')
os.mkdir(inner)
FAILS[FAILS.index(path)] = os.path.join(inner, 'out.part')
receiver = subprocess.Popen([*FAILS, PROGRAMS['file_receive'], '127.0.0.1:0', inner], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env={**os.environ, 'ASAN_OPTIONS': 'detect_leaks=0'})
address = receiver.stdout.readline().decode().split()[-1]
with open(path, 'wb') as file:
    file.write(b'hello')
sent = subprocess.run([PROGRAMS['file_send'], address, path], capture_output=True, timeout=DEADLINE)
said, complaint = receiver.communicate(timeout=DEADLINE)
check_error('a file that cannot be closed: the sender', sent, address, 'says: ', 'cannot be written', 'uota')
check_error('a file that cannot be closed: the receiver',
            subprocess.CompletedProcess([], receiver.returncode, said, complaint), 'out: ', 'cannot be written', 'uota')
check('a file that cannot be closed: nothing is left', os.listdir(inner) == [], os.listdir(inner))
finish()
