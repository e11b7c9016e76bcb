// SPDX-License-Identifier: Apache-2.0
// What a page must never do: log an error or a warning, fail a request, break its Content-Security-Policy, or ask anybody but
// its own server. Held against each page of each test; what a test provokes on purpose it has to name.
import type { BrowserContext, Page } from '@playwright/test';

export interface Complaint {
    kind: 'console' | 'exception' | 'request' | 'status' | 'policy' | 'elsewhere';
    text: string;
}

export class Guard {
    readonly complaints: Complaint[] = [];
    private allowed: RegExp[] = [];
    private readonly own = new Set<string>();

    /** Requests to this origin are the page's own. */
    trust(url: string): void {
        this.own.add(new URL(url).origin);
    }

    /** This test provokes what matches: kind and text, "status 401 http://..." */
    allow(pattern: RegExp): void {
        this.allowed.push(pattern);
    }

    async watch(context: BrowserContext): Promise<void> {
        await context.exposeBinding('guardPolicy', (_source, text: string) => this.complain('policy', text));
        await context.addInitScript(() => {
            document.addEventListener('securitypolicyviolation', (event) => {
                const where = `${event.sourceFile}:${event.lineNumber}`;
                void (window as unknown as { guardPolicy(text: string): void }).guardPolicy(
                    `${event.violatedDirective} ${event.blockedURI} ${where} ${event.sample}`,
                );
            });
        });
        context.on('page', (page) => this.listen(page));
        context.pages().forEach((page) => this.listen(page));
    }

    remaining(): string[] {
        return this.complaints.map(({ kind, text }) => `${kind} ${text}`).filter((line) => !this.allowed.some((pattern) => pattern.test(line)));
    }

    private complain(kind: Complaint['kind'], text: string): void {
        this.complaints.push({ kind, text });
    }

    private listen(page: Page): void {
        page.on('console', (message) => {
            if (['error', 'warning', 'assert'].includes(message.type())) this.complain('console', `${message.text()} (${message.location().url})`);
        });
        page.on('pageerror', (error) => this.complain('exception', error.stack ?? error.message));
        page.on('request', (request) => {
            const url = new URL(request.url());
            if (/^(blob|data):/.test(url.protocol)) return;
            if (!this.own.has(url.origin)) this.complain('elsewhere', request.url());
        });
        page.on('requestfailed', (request) => {
            // A page that is left, or hidden, ends what it had asked for.
            const why = request.failure()?.errorText ?? '';
            if (why !== 'net::ERR_ABORTED') this.complain('request', `${why} ${request.url()}`);
        });
        page.on('response', (response) => {
            if (response.status() >= 400) this.complain('status', `${response.status()} ${response.url()}`);
        });
    }
}
