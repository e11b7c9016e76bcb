// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';
import { word } from '../i18n';

export type Tone = 'ok' | 'warn' | 'bad' | 'plain';

/** A word with a frame; colour never stands alone. `title` explains it. */
export function Badge({ tone = 'plain', title, children }: { tone?: Tone; title?: string | undefined; children: ComponentChildren }) {
    return (
        <span class={`badge ${tone}`} title={title}>
            {children}
        </span>
    );
}

export function toneOf(status: string): Tone {
    if (status === 'ok' || status === 'finished') return 'ok';
    if (status === 'absent' || status === 'opening' || status === 'running' || status === 'no key' || status === 'not for this zone') return 'plain';
    return status === 'denied' || status === 'interrupted' || status === 'lost' ? 'warn' : 'bad';
}

const SHAPES: Record<Tone, string> = {
    ok: 'M2 6.5 5 9.5 10 3',
    plain: 'M2.5 6h7',
    warn: 'M6 2v5M6 9.3v.7',
    bad: 'M3 3l6 6M9 3l-6 6',
};

/** A shape and a colour for a status; the text is beside it. */
export function Dot({ status }: { status: string }) {
    const tone = toneOf(status);
    return (
        <svg class={`dot ${tone}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
            <path d={SHAPES[tone]} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" />
        </svg>
    );
}

/** The dot and the word of a sensor's or run's status. */
export function StatusText({ status, prefix = 'status' }: { status: string; prefix?: string }) {
    return (
        <span class="nowrap">
            <Dot status={status} /> {word(prefix, status)}
        </span>
    );
}
