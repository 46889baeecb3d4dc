"""http_server: files byte by byte, nothing but the folder's files, and clients that are slow, rude or many."""
import atexit
import email.utils
import hashlib
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import urllib.parse

import harness
from harness import DEADLINE, WINDOWS, check, check_error, finish, has_ipv6, run, skip, start_server

POSIX = os.name == 'posix' and not WINDOWS
folder = pathlib.Path(tempfile.mkdtemp(prefix='libsock-site-'))
atexit.register(shutil.rmtree, folder, ignore_errors=True)
site = folder / 'site'

LARGE = random.Random(1).randbytes(1 << 20) * 50
FILES = {
    'index.html': b'<!DOCTYPE html>\n<title>Home</title>\n',
    'empty.txt': b'',
    'every-byte.bin': bytes(range(256)) * 8,
    'two words & 100%.txt': b'a name that a URL must escape\n',
    'style.css': b'a {}\n',
    'script.js': b'0;\n',
    'picture.png': b'\x89PNG\r\n\x1a\n',
    'no-ending': b'?',
    'UPPER.HTML': b'?',
    'a.b/c..d/index.html': b'deep\n',
    'large': LARGE,
    '.hidden/file': b'secret\n',
    '.secret': b'secret\n',
    **{f'size-{n}': LARGE[:n] for n in (1, 7900, 8192, 16383, 16384, 16385, 65536, 262144, 262145)},
}
TYPES = {'html': 'text/html; charset=utf-8', 'txt': 'text/plain; charset=utf-8', 'css': 'text/css',
         'js': 'text/javascript', 'png': 'image/png'}
if POSIX:
    FILES['größer.txt'] = b'a name in UTF-8\n'
for name, data in FILES.items():
    (site / name).parent.mkdir(parents=True, exist_ok=True)
    (site / name).write_bytes(data)
(folder / 'outside').write_bytes(b'secret\n')
(folder / 'site2').mkdir()
(folder / 'site2' / 'outside').write_bytes(b'secret\n')


def connect(server, receive=None):
    host, _, port = server.rpartition(':')
    host = host.strip('[]')
    s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
    s.settimeout(DEADLINE)
    if receive:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    s.connect((host, int(port)))
    return s


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('hh' if os.name == 'nt' else 'ii', 1, 0))
    s.close()


def request(target, method='GET', version='1.1', more=''):
    return f'{method} {target} HTTP/{version}\r\nHost: test\r\n{more}\r\n'.encode()


def header(file):
    """The status, and the fields by their names in lower case."""
    line = file.readline().decode()
    fields = {}
    while (field := file.readline().decode()) not in ('\r\n', ''):
        name, _, value = field.partition(': ')
        fields[name.lower()] = value.rstrip('\r\n')
    return line[len('HTTP/1.1 '):].rstrip('\r\n') if line.startswith('HTTP/1.1 ') else line, fields


def reply(file, head=False):
    status, fields = header(file)
    return status, fields, b'' if head else file.read(int(fields.get('content-length', 0)))


def ask(server, data, head=False):
    """One reply on a connection of its own, and what comes after it until the server ends: None if it does not."""
    with connect(server) as s:
        s.sendall(data)
        with s.makefile('rb') as file:
            try:
                status, fields, body = reply(file, head)
                return status, fields, body, file.read() if fields.get('connection') == 'close' else None
            except OSError as error:
                return str(error), {}, b'', None


def is_served(server, name='index.html'):
    return ask(server, request('/' + name))[::2] == ('200 OK', FILES[name])


def files(server):
    for name, data in FILES.items():
        if '.hidden' in name or '.secret' in name:
            continue
        target = '/' + urllib.parse.quote(name)
        status, fields, body, _ = ask(server, request(target))
        want = {'content-length': str(len(data)), 'connection': 'keep-alive',
                'content-type': TYPES.get(name.rpartition('.')[2], 'application/octet-stream')}
        check(f'{name}: its bytes and what they are',
              (status, body) == ('200 OK', data) and want.items() <= fields.items(),
              status, fields, body[:100])
    fields = ask(server, request('/'))[1]
    date = email.utils.mktime_tz(email.utils.parsedate_tz(fields['date']))
    check('it tells the date', abs(time.time() - date) < DEADLINE and fields['date'].endswith(' GMT'), fields)
    for target, name in {'/': 'index.html', '/?a=b': 'index.html', '/a.b/c..d/': 'a.b/c..d/index.html',
                         '/size-1?x=/../y': 'size-1', '/%73ize-1': 'size-1',
                         '/a.b%2Fc..d/': 'a.b/c..d/index.html', 'http://test/': 'index.html',
                         'http://test:80/size-1?x=http://y/z': 'size-1'}.items():
        got = ask(server, request(target))
        check(f'{target} is {name}', (got[0], got[2]) == ('200 OK', FILES[name]), got)
    if not (curl := shutil.which('curl')):
        return skip('what curl gets', 'curl is not installed')
    for name in 'large', 'size-16385', 'empty.txt':
        command = [curl, '-sS', '--speed-limit', '1', '--speed-time', str(DEADLINE), f'http://{server}/{name}']
        done = subprocess.run(command, capture_output=True)
        check(f'curl gets {name}', (done.returncode, done.stdout) == (0, FILES[name]), done.stderr)


NOT_FOUND = [
    '/nothing', '/../outside', '/a.b/../../outside', '/%2e%2e/outside', '/%2E%2E%2Foutside', '/.%2e/outside',
    '/..%2foutside', '/..%5coutside', '/..\\outside', '/\\..\\outside', '/a.b/..\\..\\outside', '/../site2/outside',
    '//etc/passwd', '/%2fetc/passwd', '/%2Fetc%2Fpasswd', '//' + str(folder)[1:] + '/outside',
    '/' + str(folder) + '/outside', '/C:/windows/win.ini', '/c:windows/win.ini', '/C%3A/windows/win.ini',
    '/Z:/etc/passwd', '/%5Cetc%5Cpasswd', '//localhost/c$/windows/win.ini', '/%5c%5c.%5cC:', '/%5C%5C%3F%5CC%3A%5C',
    '/.', '/..', '/...', '/./index.html', '/a.b/./c..d/', '/a.b//c..d/', '/.secret', '/%2esecret', '/.hidden/file',
    '/HIDDEN~1/file', '/SECRET~1', '/index.html.', '/index.html%20', '/index.html..', '/index.html::$DATA',
    '/index.html:stream', '/index.html/', '/a.b/c..d', '/a.b', '/a.b./c..d/', '/a.b%20/c..d/', '/%252e%252e/outside',
    '/..;/outside', '/NUL', '/CON', '/AUX', '/con.txt', '/COM1', '/..%c0%afoutside', '/%c0%ae%c0%ae/outside',
    '/' + 'x' * 5000, '/' + 'x/' * 2000,
]
NONSENSE = [
    '\\..\\outside', '/%00', '/index.html%00', '/index.html%00.txt', '/%', '/%2', '/%zz', '/%+1', '/%-1', '/%0x',
    '/%0a', '/a%0d%0aX:y', '/\x7f', '/\x01', '/\xff', 'index.html', '*', '/%7f', '/% 1', '/%\t69ndex.html',
    '/%\v69ndex.html', 'http://', 'http://test', 'http:/index.html', 'ftp://test/',
]


GET = b'GET / HTTP/1.1\r\n'
HOST = b'Host: a.test\r\n'
MALFORMED = {  # by RFC 9112; many are how one server is made to take for two requests what another one takes for one
    'two Hosts': GET + HOST + b'Host: b.test\r\n',
    'twice the same Host': GET + HOST + HOST,
    'two Hosts in HTTP/1.0': b'GET / HTTP/1.0\r\n' + HOST + HOST,
    **{f'the Host {host}': GET + b'Host: ' + host + b'\r\n' for host in (
        b'a b', b'a.test, b.test', b'a/b', b'b@a', b'a.test:x', b'a.test:80:80', b'[::1', b'::1', b'[fe80::1%eth0]', b'[]',
        b'a\tb', b'a?b', b'a#b', b'"a"', b'\xe4.test', b'http://a.test')},
    'a Host like X-Host': GET + b'X-Host: a.test\r\n',
    'Host as a value': GET + b'X: y\nhost: a.test\r\n',
    'a blank before a colon': GET + HOST + b'X-A : b\r\n',
    'a tab before a colon': GET + HOST + b'Connection\t: close\r\n',
    'a blank before the colon of a length': GET + HOST + b'Content-Length : 5\r\n',
    'a line that goes on with the one before': GET + HOST + b'X: a\r\n b\r\n',
    'such a line at the beginning': GET + b' ' + HOST + HOST,
    'a line with a tab that does so': GET + HOST + b'X: a\r\n\tContent-Length: 5\r\n',
    'a field without a colon': GET + HOST + b'hello\r\n',
    'a field without a name': GET + HOST + b': hello\r\n',
    'a name that is no token': GET + HOST + b'X[]: y\r\n',
    'a name with bytes beyond ASCII': GET + HOST + b'\xc3\xa4: y\r\n',
    'a CR within a line': GET + HOST + b'X: a\rb\r\n',
    'a CR at the end of a value': GET + HOST + b'X: a\r\r\n',
    'a LF alone': GET + HOST + b'X: a\nContent-Length: 5\r\n',
    'LF alone everywhere': (GET + HOST).replace(b'\r', b'') + b'\r\n',
    'an escape': GET + HOST + b'X: \x1b[2J\r\n',
    'a DEL': GET + HOST + b'X: \x7f\r\n',
    'two lengths': GET + HOST + b'Content-Length: 0\r\nContent-Length: 5\r\n',
    'twice the same length': GET + HOST + b'Content-Length: 0\r\nContent-Length: 0\r\n',
    **{f'the length {length}': GET + HOST + b'Content-Length: ' + length + b'\r\n' for length in (
        b'', b'-1', b'+0', b'0x0', b'0, 0', b'0 0', b'x', b'5x', b'\xb2', b'"0"')},
    'a length and chunks': GET + HOST + b'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
    'chunks and a length of 0': GET + HOST + b'Transfer-Encoding: chunked\r\nContent-Length: 0\r\n',
    'chunks in HTTP/1.0': b'GET / HTTP/1.0\r\n' + HOST + b'Transfer-Encoding: chunked\r\n',
    'two codings': GET + HOST + b'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n',
    **{f'the coding {coding}': GET + HOST + b'Transfer-Encoding: ' + coding + b'\r\n' for coding in (
        b'', b'identity', b'xchunked', b'chunked, identity', b'"chunked"', b'\x0bchunked')},
    **{f'the request line {line}': line + b'\r\n' + HOST for line in (
        b' GET / HTTP/1.1', b'GET  / HTTP/1.1', b'GET /  HTTP/1.1', b'GET / HTTP/1.1 ', b'GET /\tHTTP/1.1', b'GET\t/ HTTP/1.1',
        b'GET / http/1.1', b'GET / HTTP/1.10', b'GET / HTTP/01.1', b'GET / HTTP/1', b'GET / XHTTP/1.1', b'GET / /HTTP/1.1',
        b'G(T / HTTP/1.1', b'G\xc3T / HTTP/1.1', b'/ HTTP/1.1', b'GET /a b HTTP/1.1', b'GET /#a HTTP/1.1',
        b'GET /?a#b HTTP/1.1', b'GET /?\t HTTP/1.1', b'GET /?\xff HTTP/1.1', b'GET http://a@b/ HTTP/1.1',
        b'GET http:///x HTTP/1.1', b'GET http://a:b/ HTTP/1.1', b'GET http://[::1/ HTTP/1.1', b'GET a.test:80 HTTP/1.1')},
}
WELL_FORMED = {
    'a length of 0': GET + HOST + b'Content-Length: 0\r\n',
    'a length of 000': GET + HOST + b'Content-Length:000\t\r\n',
    **{f'the Host {host}': GET + b'Host:' + host + b'\r\n' for host in (
        b'', b' ', b'a.test:80', b'a.test:', b' \ta-b_c.test.\t ', b'127.0.0.1:8080', b'[::1]', b'[::ffff:192.0.2.1]:80',
        b"a~!$&'()*+,;=b")},
    'a Host in capitals': GET + b'HOST: A.TEST\r\n',
    'a value with bytes beyond ASCII': GET + HOST + b'X: \xe4\xff\r\n',
    'an empty value': GET + HOST + b'X:\r\n',
    'a value with tabs and colons': GET + HOST + b'X: a\t:b: c\r\n',
    'a name that is a token': GET + HOST + b"!#$%&'*+-.^_`|~0Az: b\r\n",
    'a word like close': GET + HOST + b'Connection: closed, xclose\r\n',
    'a field like Connection': GET + HOST + b'X-Connection: close\r\n',
    'HTTP/1.0 that goes on': b'GET / HTTP/1.0\r\nConnection: keep-alive\r\n',
    'a target as for a proxy': b'GET http://[::1]:80/ HTTP/1.1\r\n' + HOST,
}


def refusals(server):
    for target in NOT_FOUND:
        got = ask(server, request(target))
        check(f'{target[:40]} is not found', got[0] == '404 Not Found' and b'secret' not in got[2], got[:3])
    for target in NONSENSE:
        got = ask(server, request(target))
        check(f'{ascii(target)} is a bad request', got[0] == '400 Bad Request', got[:3])
    got = ask(server, b'GET HTTP/1.1\r\nHost: test\r\n\r\n')
    check('no target is a bad request', got[0] == '400 Bad Request', got[:3])
    for what, data in {
        'no version': b'GET /\r\n\r\n',
        'another version': b'GET / HTTP/2.0\r\n\r\n',
        'no Host': b'GET / HTTP/1.1\r\n\r\n',
        'a word': b'hello\r\n\r\n',
        'nothing': b'\r\n\r\n\r\n',
        'a NUL': b'GET / HTTP/1.1\r\nHost: test\0\r\n\r\n',
        'a NUL before a field': b'GET / HTTP/1.1\r\nHost: test\r\n\0Content-Length: 5\r\n\r\n',
        'bytes': bytes(range(128, 256)) * 8 + b'\r\n\r\n',
    }.items():
        got = ask(server, data)
        check(f'{what} is a bad request and the end', (got[0], got[3]) == ('400 Bad Request', b''), got)
    for method in 'POST', 'PUT', 'DELETE', 'OPTIONS', 'get', 'GETS', 'X':
        got = ask(server, request('/', method, more='Content-Length: 5\r\n') + b'hello')
        check(f'{method} is not allowed',
              (got[0], got[1].get('allow'), got[3]) == ('405 Method Not Allowed', 'GET, HEAD', b''), got)
    for what, data in MALFORMED.items():
        got = ask(server, data + b'\r\n' + request('/'))
        check(f'{what} is a bad request and the end', (got[0], got[3]) == ('400 Bad Request', b''), got)
    got = ask(server, b'GET / HTTP/1.1\nHost: a.test\n\n')
    check('a request that ends with LF alone is a bad one, at once', (got[0], got[3]) == ('400 Bad Request', b''), got)
    for what, data in WELL_FORMED.items():
        with connect(server) as s, s.makefile('rb') as file:
            s.sendall(data + b'\r\n' + request('/size-1'))
            got = reply(file), reply(file)
            check(f'{what} is served, and the next request, too',
                  [one[::2] for one in got] == [('200 OK', FILES['index.html']), ('200 OK', FILES['size-1'])], got)
    for field in 'Content-Length: 5', 'content-length:5 ', 'Content-Length: 99999999999999999999', 'Transfer-Encoding: chunked':
        got = ask(server, request('/', more=field + '\r\n') + request('/'))
        check(f'{field} is refused, and the body no request', (got[0], got[3]) == ('413 Content Too Large', b''), got)
    for length in 9000, 1 << 20:
        got = ask(server, request('/', more='X: ' + 'y' * length + '\r\n'))
        check(f'a request of {length} bytes is too long, and hears so', (got[0][:3], got[3]) == ('431', b''), got)
    got = ask(server, request('/', more='X: ' + 'y' * 8000 + '\r\n'))
    check('one of 8000 bytes is not', got[0] == '200 OK', got)


def connections(server):
    with connect(server) as s, s.makefile('rb') as file:
        s.sendall(request('/')[:-2])
        s.shutdown(socket.SHUT_WR)
        check('half a request is a bad one', reply(file)[0] == '400 Bad Request' and file.read() == b'')
    with connect(server) as s, s.makefile('rb') as file:
        s.sendall(request('/large', 'HEAD') + request('/nothing', 'HEAD') + request('/size-1'))
        status, fields, _ = reply(file, head=True)
        check('HEAD tells the size', (status, fields['content-length']) == ('200 OK', str(len(LARGE))), status, fields)
        check('HEAD of nothing', reply(file, head=True)[0] == '404 Not Found')
        check('and sends no body', reply(file)[::2] == ('200 OK', FILES['size-1']))
        names = random.Random(2).choices([name for name in FILES if name.startswith('size-')], k=200)
        s.sendall(b''.join(request('/' + name) for name in names))
        check('200 requests in one piece get 200 replies in their order',
              all(reply(file)[::2] == ('200 OK', FILES[name]) for name in names))
        for byte in request('/size-8192'):
            s.sendall(bytes([byte]))
        check('a request in pieces', reply(file)[::2] == ('200 OK', FILES['size-8192']))
        s.sendall(b'\r\n' + request('/size-1'))
        check('an empty line before a request', reply(file)[::2] == ('200 OK', FILES['size-1']))
        s.sendall(request('/size-1') + request('/size-8192')[:-1])
        first = reply(file)
        s.sendall(b'\n')
        check('a request and a half, then the other half',
              (first[2], reply(file)[2]) == (FILES['size-1'], FILES['size-8192']))
        s.sendall(request('/%'))
        check('a bad name ends no connection', reply(file)[0] == '400 Bad Request')
        s.sendall(request('/size-1'))
        s.shutdown(socket.SHUT_WR)
        check('a client that has ended still gets its reply, and then the end',
              reply(file)[::2] == ('200 OK', FILES['size-1']) and file.read() == b'')
    for version, more, end in [
        ('1.1', '', 'keep-alive'),
        ('1.1', 'Connection: close\r\n', 'close'),
        ('1.1', 'CONNECTION: Close\r\n', 'close'),
        ('1.1', 'Connection:close\r\n', 'close'),
        ('1.1', 'Connection: TE,\tclose\r\nTE: trailers\r\n', 'close'),
        ('1.1', 'Connection: x\r\nX: close\r\n', 'keep-alive'),
        ('1.0', '', 'close'),
        ('1.0', 'Connection: Keep-Alive\r\n', 'keep-alive'),
        ('1.0', 'Connection:keep-alive\r\n', 'keep-alive'),
    ]:
        got = ask(server, request('/size-262145', version=version, more=more))
        want = end, FILES['size-262145'], b'' if end == 'close' else None
        check(f'HTTP/{version} {more!r} is {end}', (got[1].get('connection'), *got[2:]) == want, got[:2])


def slow_and_rude(server):
    """Returns clients that stall, which the server is to get rid of in time."""
    stalled = [connect(server, 4096) for _ in range(500)]
    for number, s in enumerate(stalled):
        if number % 4 == 1:
            s.sendall(b'GET / HTTP/1.1\r\nHo')
        if number % 4 == 2:
            s.sendall(request('/large'))  # and never reads it
        if number % 4 == 3:
            s.sendall(request('/', more='Connection: close\r\n'))
    check('500 clients that stall do not stop the next', is_served(server) and is_served(server, 'large'))
    with connect(server, 16384) as slow, connect(server) as s, s.makefile('rb') as file:
        slow.sendall(request('/large'))
        got, served, piece = hashlib.sha256(), True, b'.'
        head = b''
        while b'\r\n\r\n' not in head:
            head += slow.recv(1)
        left = len(LARGE)
        while left > 0 and piece:
            for _ in range(64):
                piece = slow.recv(min(left, 65536))
                got.update(piece)
                left -= len(piece)
                if left == 0 or not piece:
                    break
            s.sendall(request('/size-1'))
            served = served and reply(file)[0] == '200 OK'
        check('a slow client gets every byte', got.digest() == hashlib.sha256(LARGE).digest(), f'{left} bytes missing')
        check('and the others theirs meanwhile', served)
    for number in range(100):
        s = connect(server)
        s.sendall(request('/large')[:number] if number % 2 else request('/large') * 20)
        s.recv(1000) if number % 2 == 0 else None
        reset(s) if number % 3 else s.close()
    check('nor do 100 that hang up', is_served(server))
    (site / 'shrinks').write_bytes(LARGE)
    with connect(server, 4096) as s, s.makefile('rb') as file:
        s.sendall(request('/shrinks'))
        header(file)
        with open(site / 'shrinks', 'r+b') as shrinking:
            shrinking.truncate(1)
        try:
            check('a file that shrinks under way is cut off', len(file.read(len(LARGE))) < len(LARGE))
        except OSError:
            check('a file that shrinks under way is cut off', True)
    check('and that is all', is_served(server))
    return stalled


def on_posix(server):
    (site / 'link').symlink_to(folder / 'outside')
    (site / 'loop').symlink_to('loop')
    os.mkfifo(site / 'pipe')
    check('symbolic links are followed', ask(server, request('/link'))[2] == b'secret\n')
    for name in 'loop', 'pipe':
        check(f'a {name} is not found', ask(server, request('/' + name))[0] == '404 Not Found')


def cpu_seconds(pid):
    fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def few_descriptors():
    import resource
    few = start_server('http_server', '127.0.0.1:0', cwd=site,
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20)))
    pid = harness.running[few].pid
    stalled = [connect(few) for _ in range(20)]
    with stalled[0].makefile('rb') as file:
        status = '200 OK'
        while status == '200 OK':  # not all may be in yet
            stalled[0].sendall(request('/size-1'))
            status = reply(file)[0]
        check('no descriptor for a file is not "not found"', status == '503 Busy', status)
    return few, pid, stalled


server = start_server('http_server', '127.0.0.1:0', cwd=site)
stalled = slow_and_rude(server)
files(server)
refusals(server)
connections(server)
if has_ipv6():
    check('over IPv6', is_served(start_server('http_server', '[::1]:0', cwd=site)))
if POSIX:
    on_posix(server)
    few, pid, waiting = few_descriptors()
    with connect(few) as s, s.makefile('rb') as file:  # waits in the queue until those before it are given up
        s.sendall(request('/size-1'))
        check('who waits for a descriptor is served when others are late', reply(file)[0] == '200 OK')
    if os.path.exists(f'/proc/{pid}/stat'):
        check('and waiting costs no time', cpu_seconds(pid) < 2, cpu_seconds(pid))
def ends(s):
    """Waits for the end; None, or why it was none."""
    try:
        while s.recv(1 << 20):
            pass
    except ConnectionResetError:
        pass
    except OSError as error:
        return error
    return None


late = [error for number, s in enumerate(stalled) if number % 4 != 2 and (error := ends(s))]
check('clients that stall are given up', not late, late)
descriptors = pathlib.Path(f'/proc/{harness.running[server].pid}/fd')
if POSIX and descriptors.exists():
    by = time.monotonic() + DEADLINE
    while len(os.listdir(descriptors)) >= 20 and time.monotonic() < by:
        is_served(server)  # what takes a while
    check('and so are those that do not read', len(os.listdir(descriptors)) < 20, os.listdir(descriptors))
check_error('a second server', run('http_server', server), 'http_server', server, 'already in use')
check_error('a malformed address', run('http_server', '127.0.0.1:x'), 'http_server', 'malformed port')
finish()
