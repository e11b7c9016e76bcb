// SPDX-License-Identifier: Apache-2.0
// The keyboard: what a key means is settled here, what it does is said by the page that is shown.

/** after g */
export const GO = { l: 'live', r: 'runs', c: 'carbon', h: 'hosts', d: 'doctor' } as const;

export type Action = { do: 'pause' | 'search' | 'help' | 'export' | 'close' } | { do: 'go'; page: (typeof GO)[keyof typeof GO] };

/** What `key` means after `before` (the key pressed just before it, or ''). */
export function meaning(key: string, before: string): Action | null {
    if (before === 'g' && key in GO) return { do: 'go', page: GO[key as keyof typeof GO] };
    const simple: Record<string, Action> = {
        ' ': { do: 'pause' },
        '/': { do: 'search' },
        '?': { do: 'help' },
        e: { do: 'export' },
        Escape: { do: 'close' },
    };
    return simple[key] ?? null;
}

/** Whether keys belong to what has the focus: text fields all, buttons and links the space bar. */
export function taken(target: { tagName?: string; isContentEditable?: boolean; type?: string } | null, key: string): boolean {
    const tag = target?.tagName ?? '';
    if (target?.isContentEditable || tag === 'TEXTAREA' || tag === 'SELECT') return true;
    if (tag === 'INPUT') return target?.type === 'checkbox' || target?.type === 'radio' ? key === ' ' : key !== 'Escape';
    return key === ' ' && ['BUTTON', 'A', 'SUMMARY'].includes(tag);
}

type Does = Partial<Record<'pause' | 'search' | 'export' | 'close', () => void>>;
const pages: Does[] = [];

/** What keys do on a page while it is shown; returns what takes it back. */
export function bind(does: Does): () => void {
    pages.push(does);
    return () => pages.splice(pages.indexOf(does), 1);
}

/** Does what the page that came last has for it; true when it had something. */
export function act(what: keyof Does): boolean {
    for (let i = pages.length - 1; i >= 0; i--) {
        const does = pages[i]![what];
        if (does) {
            does();
            return true;
        }
    }
    return false;
}
