"""resolve, services, interfaces and which_way say what this machine knows. No name server is needed; a dead one costs 5 s."""
import shutil
import subprocess
import time

from harness import PROGRAMS, WINDOWS, check, check_error, finish, run, skip

TIME_LIMIT = 8  # seconds for what resolve allows 5; the system's resolver alone may take longer (resolv.conf(5): 10)


def lines(name, *args):
    """Whether the program ended well, the words of each line, and the whole as the details of a test point."""
    done = run(name, *args)
    return done.returncode == 0 and not done.stderr, [line.split() for line in done.stdout.decode().splitlines()], done


def resolves(name, *addresses):
    """The names beside the addresses are the system's resolver's, and not looked at."""
    begin = time.monotonic()
    good, rows, done = lines('resolve', name)
    took = time.monotonic() - begin
    check(f'resolve {name}', good and [row[0] for row in rows] == list(addresses), done)
    check(f'resolve {name}: within {TIME_LIMIT} s', took < TIME_LIMIT, f'{took:.1f} s')


def serves(wanted, *args):
    good, rows, done = lines('services', *args)
    check(f'services {" ".join(args)}', good and [' '.join(row) for row in rows] == wanted, done)


# First, because the first program may have to wait for a Windows to start.
good, rows, done = lines('interfaces')
check('interfaces', good and len(rows) > 1, done)
rows_of_interfaces = rows[1:]
check('interfaces: the name of this machine, alone in its line', len(rows[0]) == 1 if rows else False, done)
# An interface's name may have blanks in it: "Local Area Connection".
check('interfaces: each begins with its number', all(row[0].isdigit() and len(row) > 2 for row in rows[1:]), done)
numbers = [int(row[0]) for row in rows[1:] if row[0].isdigit()]
check('interfaces: one line for each, by rising number', numbers == sorted(set(numbers)), done)
check('interfaces: the loopback interface is up and has 127.0.0.1',
      any('up' in row and '127.0.0.1/8' in row[row.index('loopback'):] for row in rows[1:] if 'loopback' in row), done)

resolves('localhost', '::1', '127.0.0.1')
resolves('Any.LocalHost', '::1', '127.0.0.1')
resolves('127.0.0.1', '127.0.0.1')
resolves('0:0::0001', '::1')
resolves('::ffff:127.0.0.1', '127.0.0.1')
for name in '', 'a..b', '127.1', '1.2.3.4.5', 'x y', '[::1]', '::g', 'localhost:80', 'a' * 64:
    check_error(f'resolve {name[:20]!r}', run('resolve', name), f'resolve: {name}: malformed host')
check_error('resolve with an unknown interface', run('resolve', 'fe80::1%none'), 'fe80::1%none', 'interface')
check_error('resolve without a name', run('resolve'), 'usage: resolve', status=2)
check_error('resolve with two names', run('resolve', 'a', 'b'), 'usage: resolve', status=2)

serves(['http 80/tcp'], '80')
serves(['http 80/tcp'], 'http')
serves(['http 80/tcp'], 'HTTP')
serves(['ssh 22/tcp'], 'ssh')
serves(['domain 53/tcp', 'domain 53/udp', 'ntp 123/udp'], '53', 'ntp')
for service in 'no-such-service', '0', '', '+80', '-1', '80x', '8 0':
    check_error(f'services {service!r}', run('services', service), f'services: {service}: no such service')
check_error('services 65536', run('services', '65536'), 'services: 65536: malformed port')
check_error('services without a name', run('services'), 'usage: services', status=2)
known = run('services', 'ssh', 'no-such-service', 'http')
check('services: an unknown one among known ones', known.returncode == 1 and known.stderr.count(b'\n') == 1
      and known.stdout.split() == [b'ssh', b'22/tcp', b'http', b'80/tcp'], known)

loopback = next((row for row in rows_of_interfaces if 'loopback' in row), ['0'])
for args in ['127.0.0.1'], ['127.0.0.1', ' '.join(loopback[1:loopback.index('up')]) if 'up' in loopback else 'lo']:
    good, rows, done = lines('which_way', *args)
    check(f'which_way {" ".join(args)}', good and rows == [['127.0.0.1']], done)
check_error('which_way by an unknown interface', run('which_way', '127.0.0.1', 'none'), 'which_way: 127.0.0.1: ', 'interface')
check_error('which_way of a name', run('which_way', 'localhost'), 'which_way: localhost: ')
check_error('which_way to nowhere', run('which_way'), 'usage: which_way', status=2)

NAME = b'a\x1b[2J\xc2\x9b\x9b\x7f'
command = ['unshare', '-n', 'sh', '-c', 'ip link set lo name "$1" && exec "$0"', PROGRAMS['interfaces'], NAME]
if WINDOWS or not shutil.which('unshare') or not shutil.which('ip'):
    skip('an interface of a bad name', 'there is none here')
else:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        skip('an interface of a bad name', done.stderr.decode(errors='replace').strip())
    else:
        check('an interface of a bad name commands no terminal', b' a?[2J???? ' in done.stdout, done.stdout)
finish()
