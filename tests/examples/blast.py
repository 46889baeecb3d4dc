"""udp_blast and udp_sink: bursts and single datagrams, in either combination, arrive as so many datagrams."""
import re
import threading

from harness import DEADLINE, check, check_error, finish, run, running, start_server

COUNT = 60  # more than a burst, few enough for a receive buffer to hold them all


def total(server):
    """What the sink says when it is over; it may show its rate before that."""
    timer = threading.Timer(DEADLINE, running[server].kill)
    timer.start()
    while ' so far ' in (line := running[server].stdout.readline().decode()):
        pass
    timer.cancel()
    found = re.fullmatch(r'(\d+) datagrams in all in \d+\.\d s: \d+ Mbit/s\r?\n', line)
    return int(found[1]) if found else line


for sink in [], ['single']:
    for blast in [], ['single']:
        server = start_server('udp_sink', '127.0.0.1:0', *sink)
        done = run('udp_blast', server, str(COUNT), *blast)
        sent = re.search(rb'^60 datagrams sent in \d+\.\d s: \d+ Mbit/s\r?\n\Z', done.stdout, re.M)
        how = f'{"".join(blast) or "bursts"} to {"".join(sink) or "many at once"}'
        check(f'{how}: sent', done.returncode == 0 and sent and not done.stderr, done.stdout, done.stderr)
        got = total(server)
        check(f'{how}: received', got == COUNT, got)

server = start_server('udp_sink', '127.0.0.1:0')
done = run('udp_blast', server.replace('127.0.0.1', 'localhost'), str(COUNT))
got = total(server)
check('to a name', done.returncode == 0 and got == COUNT, done, got)

check_error('udp_blast without a count', run('udp_blast', '127.0.0.1:9'), 'usage: ', status=2)
check_error('udp_blast with no number', run('udp_blast', '127.0.0.1:9', 'many'), 'usage: ', status=2)
check_error('udp_blast with a malformed address', run('udp_blast', '127.1:9', '1'), 'udp_blast', 'malformed host')
check_error('udp_blast without a port', run('udp_blast', '127.0.0.1', '1'), 'udp_blast', 'malformed port')
check_error('udp_sink with a malformed address', run('udp_sink', '127.0.0.1:x'), 'udp_sink', 'malformed port')
check_error('udp_sink where one is already', run('udp_sink', server), 'udp_sink', 'already in use')
finish()
