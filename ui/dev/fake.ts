// SPDX-License-Identifier: Apache-2.0
import type { Plugin } from 'vite';

export function fake(): Plugin {
    return { name: 'joulebook-fake-api', apply: 'serve' };
}
