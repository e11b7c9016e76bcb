// SPDX-License-Identifier: Apache-2.0
// Debian's chromium, nothing downloaded. Two workers: the tests wait for the page more than they compute.
import { defineConfig } from '@playwright/test';

const out = process.env.E2E_OUT ?? 'results';

export default defineConfig({
    testDir: '.',
    testMatch: '*.spec.ts',
    outputDir: `${out}/traces`,
    fullyParallel: true,
    forbidOnly: true,
    retries: 0,
    maxFailures: 30, // each costs its time-out: so many have one cause
    workers: Number(process.env.E2E_WORKERS ?? 2),
    timeout: 30_000,
    expect: { timeout: 10_000 },
    reporter: process.env.E2E_JSON === undefined ? [['list']] : [['json', { outputFile: process.env.E2E_JSON }]],
    use: {
        viewport: { width: 1280, height: 800 },
        locale: 'en-GB',
        timezoneId: 'Asia/Seoul',
        colorScheme: 'light',
        reducedMotion: 'reduce',
        actionTimeout: 10_000,
        launchOptions: {
            executablePath: process.env.E2E_BROWSER ?? '/usr/bin/chromium',
            // Whatever else anybody wants from the network, nobody gets it.
            args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
                '--disable-background-networking', '--disable-component-update'],
        },
    },
});
