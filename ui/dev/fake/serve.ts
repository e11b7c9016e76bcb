// SPDX-License-Identifier: Apache-2.0
// `npm run fake -- --port N --variant V`: the built page and a made-up API on one port, with the headers of the real
// server. Port 0 is any that is free; the line it prints says which.
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { createFake } from './server';

const TYPES: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

export function serve(root: string, args: readonly string[]): void {
    const option = (name: string, or: string) => {
        const at = args.indexOf(`--${name}`);
        return (at >= 0 ? args[at + 1] : undefined) ?? or;
    };
    const handle = createFake(option('variant', 'h100'));
    const server = createServer((request, response) => {
        response.setHeader('Content-Security-Policy', "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
        response.setHeader('X-Content-Type-Options', 'nosniff');
        if (handle(request, response)) return;
        const path = normalize(new URL(request.url ?? '/', 'http://x').pathname);
        const file = join(root, path === '/' ? 'index.html' : path);
        try {
            if (!statSync(file).isFile()) throw new Error('not a file');
            response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
            response.end(readFileSync(file));
        } catch {
            response.statusCode = 404;
            response.end('not found\n');
        }
    });
    server.listen(Number(option('port', '0')), '127.0.0.1', () => {
        console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
}
