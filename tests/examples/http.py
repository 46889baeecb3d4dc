"""http_get against a real nginx, and against servers that break off, never end, or are not there."""
import atexit
import contextlib
import hashlib
import os
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from harness import (DEADLINE, WINDOWS, check, check_error, end, finish, has_ipv6, keep_port, run, skip, skip_all,
                     unused_port)

NGINX = shutil.which('nginx', path=os.environ['PATH'] + ':/usr/sbin')
if NGINX is None:
    skip_all('nginx is not installed')

folder = pathlib.Path(tempfile.mkdtemp(prefix='libsock-http-'))
atexit.register(shutil.rmtree, folder, ignore_errors=True)
site = folder / 'site'
site.mkdir()

FILES = {
    'empty': b'',
    'small.txt': b'A small page\r\nof two lines.\n',
    'every-byte': bytes(range(256)) * 8,
    'a page?%25': b'a name that a URL must escape\n',
    'large': random.Random(1).randbytes(1 << 20) * 100,  # random to gzip, NULs among it
}
for name, data in FILES.items():
    (site / name).write_bytes(data)

CONFIG = '''
daemon off;
master_process off; # one process, with the number that the test knows
worker_rlimit_nofile 1024;
pid {folder}/pid;
error_log stderr crit;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        {listen}
        root {folder}/site;
        location = /moved {{ return 301 /small.txt; }}
        location = /broken {{ return 500; }}
    }}
}}
'''


def localhost_port():
    """A port that is kept at both addresses of localhost."""
    while has_ipv6():
        port = keep_port('::1').getsockname()[1]
        with contextlib.suppress(OSError):  # another program may have it at the other one
            keep_port('127.0.0.1', port)
            return port
    return unused_port()


def reaches(host, port):
    try:
        socket.create_connection((host, port), timeout=1).close()
        return True
    except OSError:
        return False


def start_nginx(hosts):
    """Starts nginx on a port of its own at each of the hosts; returns the ports."""
    ports = [localhost_port() for _ in hosts]
    listen = ' '.join(f'listen {"[" + h + "]" if ":" in h else h}:{p};' for h, p in zip(hosts, ports))
    (folder / 'nginx.conf').write_text(CONFIG.format(folder=folder, listen=listen))
    process = subprocess.Popen([NGINX, '-e', 'stderr', '-p', folder, '-c', folder / 'nginx.conf'],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    atexit.register(end, process)
    by = time.monotonic() + DEADLINE
    while process.poll() is None and time.monotonic() < by:
        if all(map(reaches, hosts, ports)):
            return ports
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    skip_all('nginx does not start here')


def fetch(url):
    """The body that http_get writes, as (its SHA-256, length), and how it ended."""
    with open(folder / 'got', 'w+b') as body:
        done = run('http_get', url, stdout=body)
    data = (folder / 'got').read_bytes()
    return (hashlib.sha256(data).hexdigest(), len(data)), done


def digest(data):
    return hashlib.sha256(data).hexdigest(), len(data)


def fetches(base):
    for name, data in FILES.items():
        escaped = name.replace('%', '%25').replace('?', '%3F').replace(' ', '%20')
        got, done = fetch(base + escaped)
        check(f'{base}{escaped}', (done.returncode, done.stderr, got) == (0, b'', digest(data)),
              f'exit status {done.returncode}, {done.stderr!r}, {got}, expected {digest(data)}')


def same_as_curl(url):
    curl = shutil.which('curl')
    if curl is None:
        return skip(f'the same as curl: {url}', 'curl is not installed')
    theirs = subprocess.run([curl, '-sS', '--noproxy', '*', url], stdout=subprocess.PIPE, timeout=DEADLINE, check=True)
    got, _ = fetch(url)
    return check(f'the same as curl: {url}', got == digest(theirs.stdout), got, digest(theirs.stdout))


@contextlib.contextmanager
def server(*chunks, hold=False):
    """A server for one request, which it answers with the chunks; with `hold` it keeps the connection open after that."""
    with socket.create_server(('127.0.0.1', 0)) as listener:
        listener.settimeout(DEADLINE)

        def answer():
            with contextlib.suppress(OSError), listener.accept()[0] as conn:
                conn.settimeout(DEADLINE)
                if chunks:
                    request = b''
                    while b'\r\n\r\n' not in request:
                        request += conn.recv(4096)
                for chunk in chunks:
                    conn.sendall(chunk)
                while hold and conn.recv(4096):
                    pass

        thread = threading.Thread(target=answer)
        thread.start()
        yield '127.0.0.1:%d' % listener.getsockname()[1]
        thread.join()


def breaks(name, *chunks, words, body=b'', hold=False):
    with server(*chunks, hold=hold) as address:
        got, done = fetch(f'http://{address}/')
    check(f'{name}: what came is written', got == digest(body), got, digest(body))
    check_error(name, done, address, *words)


def gets(name, *chunks, body):
    with server(*chunks) as address:
        got, done = fetch(f'http://{address}/')
    check(name, (done.returncode, done.stderr, got) == (0, b'', digest(body)), done, got, digest(body))


hosts = ['127.0.0.1'] + ['::1'] * has_ipv6()
ports = start_nginx(hosts)
v4 = f'http://127.0.0.1:{ports[0]}/'
fetches(v4)
fetches(f'http://localhost:{ports[0]}/')  # which has no server at its IPv6 address
same_as_curl(v4 + 'large')
if len(ports) > 1:
    v6 = f'http://[::1]:{ports[1]}/'
    fetches(v6)
    got, done = fetch(f'http://localhost:{ports[1]}/small.txt')
    check('localhost that only IPv6 reaches', got == digest(FILES['small.txt']), done, got)
    same_as_curl(v6 + 'every-byte')
else:
    skip('IPv6', 'no IPv6 here')

for url in v4 + 'small.txt?query=1', v4 + 'small.txt#fragment', v4 + 'small.txt?a#b?c':
    got, done = fetch(url)
    check(url, got == digest(FILES['small.txt']), done, got)
check_error('no such page', run('http_get', v4 + 'none'), v4[7:-1], '404 Not Found')
check_error('a page elsewhere', run('http_get', v4 + 'moved'), v4[7:-1], '301 Moved')
check_error('a server in trouble', run('http_get', v4 + 'broken'), v4[7:-1], '500 Internal')
if not WINDOWS:
    with open('/dev/full', 'wb') as full:
        check_error('nowhere to write to', run('http_get', v4 + 'large', stdout=full), 'cannot write')

nobody = unused_port()
check_error('nobody listens', run('http_get', f'http://127.0.0.1:{nobody}/'), f'127.0.0.1 port {nobody}',
            'connection refused')

OK = b'HTTP/1.0 200 OK\r\n'
gets('a body that ends with the connection', OK + b'\r\n', b'hello', body=b'hello')
gets('an answer byte by byte', *[bytes([c]) for c in OK + b'Content-Length: 5\r\n\r\nhello'], body=b'hello')
text = b'hello\ntransfer-encoding: x\ncontent-length: 1\n'
gets('a body that looks like a header', OK + b'\r\n' + text, body=text)
gets('a NUL at the beginning of the body', OK + b'\r\n\0hello', body=b'\0hello')
breaks('a body that is cut short', OK + b'Content-Length: 100\r\n\r\nhello', body=b'hello', words=['5 of 100 bytes'])
gets('a length in small letters, and more behind it', OK + b'content-length: 3\r\n\r\nhello', body=b'hel')
breaks('a length in capitals', OK + b'CONTENT-LENGTH:100\r\n\r\nhello', body=b'hello', words=['5 of 100 bytes'])
breaks('two lengths', OK + b'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello', words=['two lengths'])
gets('the same length twice', OK + b'Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello', body=b'hello')
for length in b'', b'x', b'-5', b'+5', b'5x', b'0x5', b'5 5', b'5, 6', b'99999999999999999999', b'18446744073709551621':
    breaks(f'the length {length}', OK + b'Content-Length: ' + length + b'\r\n\r\nhello', words=['no length'])
for field in b'Content-Length : 5', b'Content-Length\t: 5', b'hello', b': 5', b'X\r: y', b'X: a\rb', b'X[]: y':
    breaks(f'the field {field}', OK + field + b'\r\n\r\nhello', words=['no field'])
breaks('a length that goes on in the next line', OK + b'Content-Length: 5\r\n 0\r\n\r\nhello', words=['no field'])
gets('another field that goes on in the next line', OK + b'X: y\r\n\tz\r\nContent-Length: 5\r\n\r\nhello', body=b'hello')
gets('a header with LF alone', OK.replace(b'\r', b'') + b'Content-Length: 5\n\nhello', body=b'hello')
WHOLE = b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
with server(WHOLE, hold=True) as address:
    got, done = fetch(f'http://{address}/')  # which ends the server's wait
check('all of a length has come: it does not wait for the end', (done.returncode, got) == (0, digest(b'hello')), done, got)
with server(b'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', hold=True) as address:
    got, done = fetch(f'http://{address}/')
check('204 has no body, whatever it says', (done.returncode, got) == (0, digest(b'')), done, got)
for first in b'HTTP/1.1 100 Continue\r\n\r\n', b'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 1\r\n\r\n':
    gets(f'{first[9:12]} before the answer', first, WHOLE, body=b'hello')
    gets(f'{first[9:12]} thrice, in one piece', first * 3 + WHOLE, body=b'hello')
    breaks(f'{first[9:12]} and no answer', first, words=['header', 'end of file'])
    breaks(f'{first[9:12]} on and on', first * 10000, words=['header', 'too long'])
breaks('another protocol from now on', b'HTTP/1.1 101 Switching Protocols\r\n\r\n' + WHOLE, words=['101'])
for line in b'HTTP/1.1 2000 OK', b'HTTP/1.1 20 OK', b'HTTP/1.1 200OK', b'HTTP/1.1  200 OK', b'HTTP/2.0 200 OK', \
        b'HTTP/1.1 -20 OK', b'http/1.1 200 OK', b'HTTP/1.10 200 OK', b' HTTP/1.1 200 OK', b'HTTP/1.1 099 OK':
    breaks(f'the status line {line}', line + b'\r\n\r\nhello', words=['the server says'])
breaks('chunks, and a length', b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTRANSFER-ENCODING:chunked\r\n\r\n0\r\n\r\n',
       words=['encoded'])
if has_ipv6() and not WINDOWS:  # where the loopback interface is called lo
    asked = []
    with socket.create_server(('::1', 0), family=socket.AF_INET6) as listener:
        def hear_and_answer():
            with listener.accept()[0] as conn:
                asked.append(conn.recv(4096))
                conn.sendall(WHOLE)

        thread = threading.Thread(target=hear_and_answer)
        thread.start()
        port = listener.getsockname()[1]
        fetch(f'http://[::1%lo]:{port}/')
        thread.join()
    check('a zone is no business of the server', b'\r\nHost: [::1]:%d\r\n' % port in asked[0], asked)
breaks('chunks', b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', words=['encoded'])
breaks('no answer', words=['header', ''])
breaks('end within the header', OK + b'Content-', words=['header', 'end of file'])
breaks('a header without end', OK, b'X: y\r\n' * 100000, words=['header', 'too long'])
breaks('a NUL in the header', OK + b'X: \0\r\n', words=['header', 'NUL'], hold=True)
breaks('another protocol', b'SSH-2.0-nobody\r\n\r\n', words=['SSH-2.0-nobody'])
breaks('control characters in an answer', b'HTTP/1.0 404 \x1b[31mNo\r\n\r\n', words=['404', '[31mNo'])
finish()
