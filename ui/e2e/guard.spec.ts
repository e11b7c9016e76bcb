// SPDX-License-Identifier: Apache-2.0
// The checks themselves, held against a page that does all that they are there to find.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { axe } from './lib/axe';
import { expect, test } from './lib/fixtures';
import { overflow } from './lib/look';

const BAD = `<!DOCTYPE html><html><head><title>bad</title></head><body>
<script>console.log('inline')</script><p style="color: red">styled</p>
<img src="gone.png"><img src="http://elsewhere.invalid/x.png"><div id="wide"></div><script src="bad.js"></script></body></html>`;
const SCRIPT = `console.error('said'); document.getElementById('wide').style.width = '3000px';
document.getElementById('wide').style.height = '9px'; fetch('closed'); setTimeout(() => { throw new Error('thrown'); });`;

test('the guard hears all that a page can do wrong', async ({ page, guard }) => {
    const server = createServer((request, response) => {
        response.setHeader('Content-Security-Policy', "default-src 'self'; img-src *");
        if (request.url === '/') response.setHeader('Content-Type', 'text/html').end(BAD);
        else if (request.url === '/bad.js') response.setHeader('Content-Type', 'text/javascript').end(SCRIPT);
        else if (request.url === '/closed') response.destroy();
        else response.writeHead(404).end();
    });
    await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done); });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    guard.trust(url);
    guard.allow(/./);
    await page.goto(url);
    const heard = (kind: string): string => guard.complaints.filter((one) => one.kind === kind).map((one) => one.text).join('\n');
    await expect.poll(() => heard('console')).toContain('said');
    await expect.poll(() => heard('exception')).toContain('thrown');
    await expect.poll(() => heard('status')).toMatch(/404 .*gone\.png/);
    await expect.poll(() => heard('elsewhere')).toContain('http://elsewhere.invalid/x.png');
    await expect.poll(() => heard('request')).toContain('closed');
    await expect.poll(() => heard('policy')).toMatch(/script-src.* inline/);
    await expect.poll(() => heard('policy')).toMatch(/style-src.* inline/);
    expect(await overflow(page)).not.toEqual([]);
    expect((await axe(page)).join('\n')).toMatch(/html-has-lang[^]*image-alt/);
    server.closeAllConnections();
    server.close();
});
