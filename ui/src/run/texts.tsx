// SPDX-License-Identifier: Apache-2.0
// Figures of a run as the tabs print them.
import type { ComponentChildren } from 'preact';
import { DASH, digits, joules, percent, plusMinus, wattHours } from '../format';
import { t, word } from '../i18n';
import { rough, type OpRow } from './operators';
import { known, type Maybe } from './record';

/** Wh with their doubt, joules in the tooltip. */
export function Energy({ j, sigma }: { j: Maybe | undefined; sigma?: Maybe | undefined }) {
    return (
        <span class="nowrap" title={known(j) ? `${joules(j)} ${known(sigma) ? plusMinus(sigma, j, 'joules') : ''}`.trim() : undefined}>
            {energy(j)} <span class="soft">{known(sigma) && energy(j) === wattHours(j ?? null) ? plusMinus(sigma, j, 'energy') : ''}</span>
        </span>
    );
}

/** Joules with their doubt: parts of a run are too small for Wh. */
export function Joules({ j, sigma }: { j: Maybe | undefined; sigma?: Maybe | undefined }) {
    return (
        <span class="nowrap" title={known(j) ? wattHours(j) : undefined}>
            {joules(j ?? null)} <span class="soft">{known(sigma) ? plusMinus(sigma, j, 'joules') : ''}</span>
        </span>
    );
}

const low = (row: OpRow) => row.confidence === 'low';

/** One digit and "~" for what is hardly known, as in the program's own report. */
export const opJoules = (row: OpRow, value: Maybe): string => (low(row) && known(value) ? roughJoules(value) : joules(value));

function roughJoules(value: number): string {
    const text = joules(rough(value));
    return `~${text.replace(/\.0+(?=\D)/, '')}`;
}

export function opShare(row: OpRow): string {
    if (!known(row.share)) return DASH;
    if (!low(row)) return percent(row.share);
    const p = rough(row.share * 100);
    return p > 0 && p < 0.1 ? percent(row.share) : `~${digits(p, 1)}\u00a0%`;
}

/** Its device, and of several of a kind the number in the id: "gpu/3/device" is 3. */
export function channelLabel(channel: { id: string; device: string }, all: readonly { device: string }[]): string {
    const unit = channel.id.split('/')[1];
    const name = word('device', channel.device);
    const several = all.filter((c) => c.device === channel.device).length > 1;
    return several && unit !== undefined ? `${name} ${unit}` : name;
}

/** Wh, or joules where Wh would be a row of noughts. */
export const energy = (j: Maybe | undefined): string => (known(j) && j !== 0 && Math.abs(j) < 0.036 ? joules(j) : wattHours(j ?? null));

export function Section({ title, note, children, actions }: { title: string; note?: ComponentChildren; children: ComponentChildren; actions?: ComponentChildren }) {
    return (
        <section class="panel pad r-section">
            <header class="r-head">
                <h2>{title}</h2>
                {note && <span class="soft small">{note}</span>}
                {actions && <span class="r-actions">{actions}</span>}
            </header>
            {children}
        </section>
    );
}

export const opName = (row: OpRow): string =>
    row.kind === 'outside' ? t('r.op.outside') : row.kind === 'unattributed' ? t('live.partNobody') : row.kind === 'class' ? word('opclass', row.name) : row.name;

/** A share of the run as a bar and in words. */
export function ShareBar({ part, text = percent(part) }: { part: Maybe; text?: string }) {
    return (
        <span class="nowrap">
            <svg class="share c-runs" width="64" height="10" aria-hidden="true">
                <rect class="track" width="64" height="10" />
                <rect width={64 * Math.min(1, Math.max(0, part ?? 0))} height="10" fill="currentColor" />
            </svg>
            <span class="r-num">{text}</span>
        </span>
    );
}
