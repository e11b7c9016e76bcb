// SPDX-License-Identifier: Apache-2.0
// Answers what docs/api.md promises, for a machine that does not exist.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { VARIANTS, type Variant } from './machine';
import { record, series } from './record';
import { doctor, grid, hosts, runPage } from './stored';
import { World } from './world';

const TOKEN = 'let-me-in';

export function createFake(name: string): (request: IncomingMessage, response: ServerResponse) => boolean {
    if (!VARIANTS.includes(name as Variant)) throw new Error(`no such variant: ${name}; there are ${VARIANTS.join(', ')}`);
    const world = new World(name as Variant);
    let clients = 0;

    const json = (response: ServerResponse, body: unknown, status = 200) => {
        response.statusCode = status;
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify(body));
    };
    const events = (request: IncomingMessage, response: ServerResponse, hz: number) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
        clients++;
        const send = (event: string, body: unknown, id?: number) => response.write(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(body)}\n\n`);
        send('hello', world.live(clients));
        let n = 0;
        const timer = setInterval(() => {
            const tick = world.tick();
            send('tick', tick, tick.seq);
            if (++n % 60 === 0) send('hello', world.live(clients));
        }, 1000 / hz);
        request.on('close', () => {
            clearInterval(timer);
            clients--;
        });
    };

    return (request, response) => {
        const url = new URL(request.url ?? '/', 'http://x');
        if (url.pathname === '/healthz') {
            response.end('ok\n');
            return true;
        }
        if (!url.pathname.startsWith('/api/v1/')) return false;
        const [what = '', id, more] = url.pathname.slice('/api/v1/'.length).split('/').map(decodeURIComponent);
        if (world.variant === 'token') {
            const bearer = request.headers.authorization === `Bearer ${TOKEN}`;
            if (what === 'session' && request.method === 'POST') {
                if (!bearer) json(response, { error: 'this is not the token' }, 401);
                else response.writeHead(204, { 'Set-Cookie': 'joulebook=1; HttpOnly; SameSite=Strict; Path=/' }).end();
                return true;
            }
            if (!bearer && !request.headers.cookie?.includes('joulebook=1')) {
                json(response, { error: 'a token is needed', fix: 'Authorization: Bearer TOKEN' }, 401);
                return true;
            }
        }
        if (what === 'live') json(response, world.live(clients));
        else if (what === 'events') events(request, response, Math.min(10, Math.max(1, Number(url.searchParams.get('hz') ?? 2))));
        else if (what === 'history') json(response, world.history(url.searchParams));
        else if (what === 'grid') json(response, grid(world, url.searchParams));
        else if (what === 'hosts') json(response, hosts(world));
        else if (what === 'doctor') json(response, doctor(world));
        else if (what === 'runs' && !id) json(response, runPage(world, url.searchParams));
        else if (what === 'runs' && id) {
            const found = record(world, id);
            if (found === null) json(response, { error: `no run is called ${id}`, fix: 'joulebook list' }, 404);
            else if (found === 'denied') json(response, { error: 'this run is of another user' }, 403);
            else if (more === 'series') json(response, series(world, id, url.searchParams));
            else if (more === 'export') {
                response.setHeader('Content-Disposition', `attachment; filename="${id}.${url.searchParams.get('format') ?? 'json'}"`);
                response.end(JSON.stringify(found));
            } else json(response, found);
        } else json(response, { error: 'there is no such thing' }, 404);
        return true;
    };
}
