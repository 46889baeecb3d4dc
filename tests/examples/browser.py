"""http_server under load (wrk), and as a real browser sees it: a page with a dozen images, all of them right."""
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import tempfile
import zlib

from harness import DEADLINE, WINDOWS, check, finish, skip, skip_all, start_server

if WINDOWS or os.name != 'posix':
    skip_all('the tools are for POSIX systems')
noise = random.Random(3)


def png(width, height):
    """A picture of noise, which cannot be compressed."""
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    rows = b''.join(b'\0' + noise.randbytes(3 * width) for _ in range(height))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
            + chunk(b'IDAT', zlib.compress(rows, 0)) + chunk(b'IEND', b''))


# The page loads the pictures and fetches them again, and says what it saw of each: its size and its bytes' sum.
SCRIPT = '''
const hex = sum => Array.from(new Uint8Array(sum), byte => byte.toString(16).padStart(2, '0')).join('');
addEventListener('load', async () => {
    const seen = await Promise.all(Array.from(document.images, async image => {
        const reply = await fetch(image.src, {cache: 'no-store'});
        const sum = await crypto.subtle.digest('SHA-256', await reply.arrayBuffer());
        return [image.complete, image.naturalWidth, image.naturalHeight, reply.headers.get('Content-Type'), hex(sum)];
    }));
    seen.push(getComputedStyle(document.body).fontSize);
    document.getElementById('seen').textContent = JSON.stringify(seen);
});
'''


def browser(program):
    sizes = [(1, 1), (16, 16), (50, 47)] + [(100 + 40 * n, 300 - 10 * n) for n in range(10)]
    with tempfile.TemporaryDirectory(prefix='libsock-browser-', ignore_cleanup_errors=True) as folder:
        site = pathlib.Path(folder, 'site')
        (site / 'pictures').mkdir(parents=True)
        pictures = {f'pictures/{n}.png': png(*size) for n, size in enumerate(sizes)}
        for name, data in pictures.items():
            (site / name).write_bytes(data)
        (site / 'script.js').write_text(SCRIPT)
        (site / 'style.css').write_text('body { font-size: 23px }\n')
        (site / 'index.html').write_text(
            '<!DOCTYPE html>\n<title>Pictures</title>\n<link rel="stylesheet" href="style.css">\n'
            '<script src="script.js"></script>\n<p id="seen"></p>\n'
            + ''.join(f'<img src="{name}" alt="">\n' for name in pictures))
        server = start_server('http_server', '127.0.0.1:0', cwd=site)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            command = [program, '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
                       '--disable-background-networking', '--disable-component-update', '--disable-sync',
                       f'--user-data-dir={folder}/profile', '--virtual-time-budget=60000', '--dump-dom',
                       f'http://{server}/']
            try:
                subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, timeout=2 * DEADLINE)
            except subprocess.TimeoutExpired:
                pass
            out.seek(0)
            err.seek(0)
            page, said = out.read().decode(errors='replace'), err.read().decode(errors='replace')[-1000:]
    found = re.search(r'<p id="seen">(.*?)</p>', page)
    seen = json.loads(found[1]) if found and found[1] else []
    for number, (size, data) in enumerate(zip(sizes, pictures.values())):
        want = [True, *size, 'image/png', hashlib.sha256(data).hexdigest()]
        got = seen[number] if number < len(seen) else said or page[:1000]
        check(f'a browser shows picture {number} of {len(data)} bytes', got == want, got, want)
    check('and heeds the style sheet', seen[-1:] == ['23px'], seen[-1:])


def load(program):
    with tempfile.TemporaryDirectory(prefix='libsock-load-') as folder:
        for size in 100, 20000:
            pathlib.Path(folder, f'{size}').write_bytes(noise.randbytes(size))
        server = start_server('http_server', '127.0.0.1:0', cwd=folder)
        for size in 100, 20000:
            command = [program, '-t2', '-c500', '-d5s', '--timeout', '30s', f'http://{server}/{size}']
            done = subprocess.run(command, capture_output=True, text=True, timeout=2 * DEADLINE)
            requests = re.search(r'(\d+) requests in', done.stdout)
            good = requests and int(requests[1]) >= 500 and not re.search('Socket errors|Non-2xx', done.stdout)
            check(f'500 connections fetch {size} bytes for 5 s without an error', good, done.stdout, done.stderr)


for name, test in ('chromium', browser), ('wrk', load):
    if path := shutil.which(name):
        test(path)
    else:
        skip(f'{test.__name__}', f'{name} is not installed')
finish()
