// SPDX-License-Identifier: Apache-2.0
// The machines whose runs this database knows.
import { api } from '../api/client';
import type { Host } from '../api/types';
import { count, inUnit, joules, unitOf } from '../format';
import { t } from '../i18n';
import { EquivalentText } from '../live/FiveNumbers';
import { link } from '../router';
import { useLoad } from '../state/load';
import { Badge, Empty, Loading, Table, Time, Trouble, type Column } from '../ui';

/** Three of a kind are "3 × NVIDIA H100". */
export function tally(names: readonly string[]): string[] {
    const found = new Map<string, number>();
    for (const name of names) found.set(name, (found.get(name) ?? 0) + 1);
    return [...found].map(([name, n]) => (n > 1 ? `${n} × ${name}` : name));
}

export function Hosts() {
    const { data, error, again } = useLoad('', (abort) => api.hosts(abort), 60_000);
    const list = data.value?.hosts ?? [];
    const energy = unitOf.energy(list.map((host) => host.footprint_j));
    const mass = unitOf.mass(list.map((host) => host.emissions_g));
    const machine = unitOf.energy(list.map((host) => host.history_j));
    const columns: Column<Host>[] = [
        {
            key: 'host', label: t('hosts.host'), head: true,
            cell: (host) => (
                <>
                    {host.host ?? '–'} {host.this && <Badge tone="ok">{t('hosts.this')}</Badge>}
                    <div class="soft small mono" title={host.machine_id ?? undefined}>
                        {host.machine_id?.slice(0, 12)}
                    </div>
                </>
            ),
        },
        {
            key: 'hardware', label: t('hosts.hardware'),
            cell: (host) => (
                <>
                    {host.cpu ?? '–'}
                    {tally(host.gpus).map((gpu) => (
                        <div key={gpu}>{gpu}</div>
                    ))}
                </>
            ),
        },
        { key: 'runs', label: t('page.runs'), right: true, cell: (host) => (host.runs > 0 ? <a href={link('/runs', { q: host.host })}>{count(host.runs)}</a> : '0') },
        { key: 'energy', label: `${t('hosts.runsEnergy')}, ${energy.name}`, right: true, cell: (host) => inUnit(host.footprint_j, energy), title: (host) => joules(host.footprint_j) },
        {
            key: 'emissions', label: `${t('live.emissions')}, ${mass.name} CO₂e`, right: true,
            cell: (host) => (
                <>
                    {inUnit(host.emissions_g, mass)}
                    <div class="soft small">
                        <EquivalentText grams={host.emissions_g} />
                    </div>
                </>
            ),
        },
        {
            key: 'history', label: `${t('hosts.machineEnergy')}, ${machine.name}`, right: true, title: (host) => joules(host.history_j),
            cell: (host) => (
                <>
                    {inUnit(host.history_j, machine)}
                    {host.history_since && (
                        <div class="soft small">
                            {t('live.since')} <Time at={host.history_since} />
                        </div>
                    )}
                </>
            ),
        },
        { key: 'first', label: t('hosts.first'), cell: (host) => <Time at={host.first_seen} /> },
        { key: 'last', label: t('hosts.last'), cell: (host) => <Time at={host.last_seen} /> },
    ];
    return (
        <>
            <div class="row head">
                <h1>{t('page.hosts')}</h1>
            </div>
            {error.value ? <Trouble error={error.value} onRetry={again} /> : null}
            {!data.value ? (
                !error.value && <Loading />
            ) : data.value.hosts.length === 0 ? (
                <Empty title={t('hosts.none')} command="joulebook run -- python3 train.py" />
            ) : (
                <div class="panel">
                    <Table name={t('page.hosts')} columns={columns} rows={data.value.hosts} rowKey={(host) => host.machine_id ?? ''} />
                </div>
            )}
            <p class="soft small foot-note">{t('hosts.note')}</p>
        </>
    );
}
