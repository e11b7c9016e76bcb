// SPDX-License-Identifier: Apache-2.0
// Values side by side and what the others differ by from the first; a sign and a word say whether more than the doubt.
import { digits, duration, gramsCo2e, intensity, joules, percent, plusMinus, wattHours, watts } from '../format';
import { t } from '../i18n';
import { known } from '../run/record';
import { Table, type Column } from '../ui';
import type { Delta, Quantity, Verdict } from './compare';

export interface DeltaLine {
    name: string;
    kind: Quantity | 'part_j';
    values: Delta[];
}

const kindOf = (kind: DeltaLine['kind']): 'energy' | 'joules' | 'mass' | 'power' | null =>
    kind === 'emissions_g' ? 'mass' : kind === 'mean_w' ? 'power' : kind === 'epoch_j' || kind === 'part_j' ? 'joules' : kind.endsWith('_j') ? 'energy' : null;

function valueText(kind: DeltaLine['kind'], value: number | null): string {
    switch (kindOf(kind)) {
        case 'energy':
            return wattHours(value);
        case 'joules':
            return joules(value);
        case 'mass':
            return gramsCo2e(value);
        case 'power':
            return watts(value);
        default:
            return kind === 'duration_s' ? duration(value) : kind === 'intensity' ? intensity(value) : digits(value);
    }
}

const SIGN: Record<Verdict, string> = { more: '▲', less: '▼', within: '≈', same: '=', unknown: '' };

function Cell({ kind, delta, first }: { kind: DeltaLine['kind']; delta: Delta; first: boolean }) {
    const pm = kindOf(kind);
    return (
        <span class="nowrap" title={known(delta.value) && pm === 'energy' ? joules(delta.value) : undefined}>
            {valueText(kind, delta.value)} <span class="soft small">{pm && known(delta.sigma) && delta.sigma > 0 ? plusMinus(delta.sigma, delta.value, pm) : ''}</span>
            {!first && delta.delta !== null && (
                <span class={`block small v-${delta.verdict}`}>
                    {SIGN[delta.verdict]} {known(delta.relative) ? (delta.relative > 0 ? '+' : '') + percent(delta.relative) : valueText(kind, delta.delta)} {delta.verdict !== 'unknown' && <span class="soft">{t(`cmp.v.${delta.verdict}`)}</span>}
                </span>
            )}
        </span>
    );
}

export function Deltas({ name, labels, rows }: { name: string; labels: string[]; rows: DeltaLine[] }) {
    const columns: Column<DeltaLine>[] = [
        { key: 'n', label: t('cmp.quantity'), head: true, cell: (r) => r.name },
        ...labels.map((label, i): Column<DeltaLine> => ({
            key: String(i), right: true, name: label,
            label: (
                <span class={`c-k${i}`}>
                    <span class="swatch" aria-hidden="true" /> <span class="ink">{label}</span>
                </span>
            ),
            cell: (r) => <Cell kind={r.kind} delta={r.values[i]!} first={i === 0} />,
        })),
    ];
    return <Table name={name} columns={columns} rows={rows} rowKey={(r) => r.name} />;
}
