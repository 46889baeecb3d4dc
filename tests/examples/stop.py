"""SIGINT and SIGTERM end what would run for ever, in order: at once, without a word, and with nothing left behind."""
import contextlib
import os
import signal
import socket
import subprocess
import tempfile

from harness import DEADLINE, PROGRAMS, WINDOWS, Running, check, finish, keep_port, running, skip, skip_all, start_server

if WINDOWS or os.name != 'posix':
    skip_all('no signals from other processes')
socket.setdefaulttimeout(DEADLINE)
SIGNALS = signal.SIGINT, signal.SIGTERM


def ends(what, process, number, status=0):
    """It ends by the signal, within a few of its looks at the clock; what it says then."""
    process.send_signal(number)
    try:
        out, err = process.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    check(f'{what} ends by {number.name}', (process.returncode, err or b'') == (status, b''), process.returncode, err)
    return out


def is_over(s):
    try:
        while s.recv(65536):
            pass
    except ConnectionResetError:
        pass
    except OSError as error:
        return error
    return True


def client_of(server):
    host, _, port = server.rpartition(':')
    return socket.create_connection((host, int(port)))


folder = tempfile.TemporaryDirectory(prefix='libsock-stop-')
target = socket.create_server(('127.0.0.1', 0))
STREAMS = {  # what there is to say to each before it is stopped
    'activated_server': ([], b''),
    'chat_server': ([], b'half a li'),
    'http_server': ([], b'GET / HT'),
    'tcp_echo_server': ([], b'hello'),
    'tcp_proxy': (['127.0.0.1:%d' % target.getsockname()[1]], b'hello'),
}
for name, (args, words) in STREAMS.items():
    for number in SIGNALS:
        server = start_server(name, '127.0.0.1:0', *args, stderr=subprocess.PIPE)
        ends(f'{name}, idle,', running[server], number)
        server = start_server(name, '127.0.0.1:0', *args, stderr=subprocess.PIPE)
        with client_of(server) as client:
            client.sendall(words)
            if name == 'tcp_proxy':
                conn, _ = target.accept()
                conn.recv(100)
            if name == 'tcp_echo_server':
                client.recv(100)
            ends(f'{name} with a client', running[server], number)
            check(f'{name}: its client is told', is_over(client) is True)
        if name == 'tcp_proxy':
            check(f'{name}: and so is the target', is_over(conn) is True)
            conn.close()
        again = start_server(name, server, *args)  # or the address would be in use
        check(f'{name} can be started again at once', again == server, again)

with client_of(start_server('tcp_echo_server', '127.0.0.1:0', stderr=subprocess.PIPE)) as client:
    client.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            client.send(bytes(1 << 16))  # until all that is on the way is full
    process = next(p for server, p in running.items() if server.endswith(':%d' % client.getpeername()[1]))
    ends('tcp_echo_server with a client that does not read', process, signal.SIGTERM)

for name in 'udp_echo_server', 'udp_sink':
    for number in SIGNALS:
        server = start_server(name, '127.0.0.1:0', stderr=subprocess.PIPE)
        ends(name, running[server], number)

port = keep_port(kind=socket.SOCK_DGRAM).getsockname()[1]
for number in SIGNALS:
    blast = Running('udp_blast', f'127.0.0.1:{port}', '1000000000000')
    blast.process.stdout.readline()  # after a second
    out = ends('udp_blast', blast.process, number)
    check('udp_blast says how much that was', b' datagrams sent in ' in out, out)
    blast.timer.cancel()

    for args, left in (['-l', '127.0.0.1:0'], None), (['-l', '-u', '127.0.0.1:0'], None), (
            ['-l', folder.name + '/socket'], folder.name + '/socket'):
        netcat = Running('netcat', *args)
        netcat.listens()
        ends(f'netcat {args[:-1]}', netcat.process, number)
        check(f'netcat {args[:-1]}: the path is gone', not left or not os.path.exists(left))
        netcat.timer.cancel()
    with socket.create_server(('127.0.0.1', 0)) as server:
        netcat = Running('netcat', '127.0.0.1:%d' % server.getsockname()[1])
        conn, _ = server.accept()
        with conn:
            conn.sendall(b'hello')
            netcat.hears(5)
            ends('netcat, connected,', netcat.process, number)
        netcat.timer.cancel()

    receiver = start_server('file_receive', '127.0.0.1:0', folder.name, stderr=subprocess.PIPE)
    ends('file_receive, idle,', running[receiver], number)
    receiver = start_server('file_receive', '127.0.0.1:0', folder.name, stderr=subprocess.PIPE)
    process = running[receiver]
    with client_of(receiver) as client:
        client.sendall(b'100 file\nhalf')
        client.recv(3)  # "ok"
        process.send_signal(number)
        text = client.makefile('rb').read()
    status, err = process.wait(DEADLINE), process.stderr.read()
    check(f'file_receive with half a file fails by {number.name}, and says so to both',
          status == 1 and b'stopped' in text and b'stopped' in err, status, text, err)
    check('file_receive with half a file: nothing is left', os.listdir(folder.name) == [], os.listdir(folder.name))

if 'lo' in [name for _, name in socket.if_nameindex()]:
    for number in SIGNALS:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as keeper:
            keeper.bind(('127.0.0.1', 0))
            keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            chat = Running('multicast_chat', '239.255.77.9:%d' % keeper.getsockname()[1], 'ada', 'lo')
            chat.process.stdout.readline()
            ends('multicast_chat', chat.process, number)
            chat.timer.cancel()
else:
    skip('multicast_chat ends by a signal', 'no loopback interface of a known name')
finish()
