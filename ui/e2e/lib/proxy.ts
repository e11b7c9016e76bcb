// SPDX-License-Identifier: Apache-2.0
// A proxy as Jupyter, VS Code and nginx are: it serves the dashboard below a prefix, and nothing beside it.
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Proxy {
    url: string;
    /** paths that were asked for outside of the prefix */
    strays: string[];
    close(): Promise<void>;
}

export async function proxy(target: string, prefix: string): Promise<Proxy> {
    const strays: string[] = [];
    const to = new URL(target);
    const server: Server = createServer((incoming, answer) => {
        if (!incoming.url?.startsWith(prefix)) {
            strays.push(incoming.url ?? '');
            answer.writeHead(404).end();
            return;
        }
        const path = `/${incoming.url.slice(prefix.length)}`;
        const headers = { ...incoming.headers, host: to.host };
        const onward = request({ host: to.hostname, port: to.port, path, method: incoming.method, headers }, (reply) => {
            answer.writeHead(reply.statusCode ?? 502, reply.headers);
            reply.pipe(answer);
        });
        onward.on('error', () => answer.destroy());
        answer.on('close', () => onward.destroy());
        incoming.pipe(onward);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`,
        strays,
        close: () => new Promise((done) => { server.closeAllConnections(); server.close(() => done()); }),
    };
}
