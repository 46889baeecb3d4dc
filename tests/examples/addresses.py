"""A name with more addresses than most have: all are tried. Only the programs here see its file of hosts."""
import atexit
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

from harness import DEADLINE, PROGRAMS, WINDOWS, check, end, finish, skip_all

folder = tempfile.TemporaryDirectory(prefix='libsock-addresses-')
HOSTS, SWITCH = os.path.join(folder.name, 'hosts'), os.path.join(folder.name, 'nsswitch.conf')
WITH_HOSTS = ['unshare', '--mount', 'sh', '-c',
              'mount --bind "$0" /etc/hosts && mount --bind "$1" /etc/nsswitch.conf && shift && exec "$@"',
              HOSTS, SWITCH]
with open(HOSTS, 'w') as hosts, open(SWITCH, 'w') as switch:
    hosts.writelines(f'127.0.7.{i} many.example\n' for i in range(1, 101))
    switch.write('hosts: files\n')
if WINDOWS or sys.platform != 'linux' or not shutil.which('unshare') or subprocess.run(
        [*WITH_HOSTS, 'true'], stderr=subprocess.DEVNULL).returncode:
    skip_all('no hosts of its own here')


def run(name, *args):
    return subprocess.run([*WITH_HOSTS, PROGRAMS[name], *args], capture_output=True, timeout=DEADLINE)


lines = run('resolve', 'many.example').stdout.split(b'\n')[:-1]
check('resolve prints all addresses of a name', len(set(lines)) == 100, len(lines))
first, last = lines[0].split()[0].decode(), lines[-1].split()[0].decode()


def serve(host, answer, port=0):
    """Answers datagrams; the port."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((host, port))

    def job():
        while True:
            question, peer = s.recvfrom(1000)
            s.sendto(answer(question), peer)

    threading.Thread(target=job, daemon=True).start()
    return s.getsockname()[1]


def time_of(question, stratum=1):
    return bytes([4 << 3 | 4, stratum]) + bytes(14) + question[40:48] * 4


ports = serve(last, lambda question: question), serve(last, time_of)
done = run('udp_echo_client', f'many.example:{ports[0]}', 'hello')
check('udp_echo_client asks the last one', (done.returncode, done.stdout) == (0, b'hello\n'), done)
done = run('ntp_time', f'many.example:{ports[1]}')
check('ntp_time asks the last one', done.returncode == 0 and b'stratum 1' in done.stdout, done)
serve(first, lambda question: b'no echo', ports[0])
serve(first, lambda question: time_of(question, 0), ports[1])
done = run('udp_echo_client', f'many.example:{ports[0]}', 'hello')
check('udp_echo_client goes on after what is no echo', (done.returncode, done.stdout) == (0, b'hello\n'), done)
done = run('ntp_time', f'many.example:{ports[1]}')
check('ntp_time goes on after a kiss of death', done.returncode == 0 and b'stratum 1' in done.stdout, done)

with socket.create_server((last, 0)) as listener:
    proxy = subprocess.Popen([*WITH_HOSTS, PROGRAMS['tcp_proxy'], '127.0.0.1:0',
                              'many.example:%d' % listener.getsockname()[1]], stdout=subprocess.PIPE)
    atexit.register(end, proxy)
    listener.settimeout(DEADLINE)
    port = int(proxy.stdout.readline().rsplit(b':', 1)[1])
    with socket.create_connection(('127.0.0.1', port), DEADLINE) as client:
        came = select.select([listener, client], [], [], DEADLINE)[0]  # or the client is turned away
        check('tcp_proxy tries the last one', came == [listener], came)
finish()
