// SPDX-License-Identifier: Apache-2.0
// What the run ran on, who measured it, how well, and what measuring cost.
import { Fragment } from 'preact';
import { DASH, bytes, digits, duration, joules, percent } from '../format';
import { t, word } from '../i18n';
import { Badge, Table, type Column } from '../ui';
import { gpuNames } from './citation';
import { known, type Channel, type RunRecord } from './record';
import { Energy, Section } from './texts';

type Fact = [string, string | null | undefined];

function Facts({ facts }: { facts: Fact[] }) {
    const some = facts.filter(([, text]) => text !== null && text !== undefined && text !== '');
    return (
        <dl class="facts">
            {some.map(([name, text]) => (
                <Fragment key={name}>
                    <dt>{name}</dt>
                    <dd class="wrap">{text}</dd>
                </Fragment>
            ))}
        </dl>
    );
}

function gpus(record: RunRecord): string {
    const found = new Map<string, number>();
    for (const name of gpuNames(record)) found.set(name, (found.get(name) ?? 0) + 1);
    return [...found].map(([name, n]) => (n > 1 ? `${n} × ${name}` : name)).join(', ');
}

/** Further words of `hardware` that are text or numbers: driver versions and the like. */
function others(record: RunRecord): Fact[] {
    const told = ['cpu', 'sockets', 'cores', 'threads', 'virtual', 'container', 'ram_bytes', 'gpus', 'board'];
    return Object.entries(record.hardware ?? {})
        .filter(([key, value]) => !told.includes(key) && (typeof value === 'string' || typeof value === 'number'))
        .map(([key, value]): Fact => [key.replace(/_/g, ' '), typeof value === 'number' ? digits(value, 4) : (value as string)]);
}

function machine(record: RunRecord): Fact[] {
    const h = record.hardware;
    if (!h) return [];
    const cpu = h.cpu && known(h.sockets) && h.sockets > 1 ? `${h.sockets} × ${h.cpu}` : h.cpu;
    const where = [h.virtual ? t('r.hw.virtual') : '', h.container ? t('r.hw.container') : ''].filter(Boolean).join(', ');
    return [
        [t('runs.host'), record.run.host],
        ['CPU', cpu],
        [t('r.hw.cores'), known(h.cores) ? t('r.hw.coresText', { cores: h.cores, threads: h.threads ?? DASH }) : null],
        ['GPU', gpus(record)],
        ['RAM', known(h.ram_bytes) ? bytes(h.ram_bytes) : null],
        [t('device.board'), typeof h.board === 'string' ? h.board : null],
        [t('r.hw.where'), where],
        ...others(record),
        [t('r.hw.id'), record.run.machine_id],
    ];
}

function method(record: RunRecord): Fact[] {
    const { work, self, carbon, energy } = record;
    const wall = energy.wall;
    return [
        [t('r.hw.coverage'), known(energy.coverage) ? percent(energy.coverage) : null],
        [t('r.basis'), word('rbasis', carbon.basis)],
        [t('r.hw.pue'), known(carbon.pue) ? digits(carbon.pue) : null],
        [t('r.hw.grid'), [...new Set(carbon.segments.map((s) => s.source).filter(Boolean))].join(', ')],
        [t('r.hw.wall'), wall && known(wall.energy_j) ? t('r.hw.wallText', { j: joules(wall.energy_j), source: wall.source ?? DASH, p: percent(wall.coverage) }) : null],
        [t('r.hw.ops'), work ? [work.ops, work.sources.join(', ')].filter(Boolean).join(': ') : t('r.hw.opsOff')],
        [t('r.hw.attribution'), work ? word('rattr', work.attribution) : null],
        [t('r.hw.slowdown'), work && known(work.slowdown) ? `${percent(work.slowdown)} ± ${percent(work.slowdown_uncertainty)}` : null],
        [t('r.hw.self'), self ? t('r.hw.selfText', { cpu: duration(self.cpu_s), j: joules(self.energy_j), rss: bytes(self.max_rss_bytes) }) : null],
        [t('r.hw.dropped'), self && known(self.events_dropped) && self.events_dropped > 0 ? String(self.events_dropped) : null],
    ];
}

function columns(): Column<Channel>[] {
    return [
        {
            key: 'c', label: t('doctor.channel'), head: true,
            cell: (c) => (
                <>
                    <span class="mono nowrap">{c.id}</span>
                    <span class="soft small block nowrap">{c.name}</span>
                    {c.note && <span class="soft small block wrap">{c.note}</span>}
                </>
            ),
        },
        { key: 's', label: t('doctor.source'), cell: (c) => c.source },
        { key: 'm', label: t('doctor.method'), cell: (c) => <Badge tone={c.method === 'modelled' ? 'warn' : 'plain'}>{word('method', c.method)}</Badge> },
        { key: 't', label: t('doctor.inTotal'), cell: (c) => (c.in_total ? t('doctor.yes') : c.twin_of ? t('r.hw.twin', { id: c.twin_of }) : c.parent ? t('r.hw.within', { id: c.parent }) : t('r.no')) },
        { key: 'u', label: t('doctor.period'), right: true, cell: (c) => <span class="nowrap">{known(c.update_period_s) ? duration(c.update_period_s) : DASH}</span> },
        { key: 'e', label: t('runs.energy'), right: true, cell: (c) => <Energy j={c.energy_j} sigma={c.uncertainty_j} /> },
        { key: 'r', label: t('r.is.run'), right: true, cell: (c) => <Energy j={c.run_j} sigma={c.run_uncertainty_j ?? null} /> },
        { key: 'v', label: t('r.hw.coverage'), right: true, cell: (c) => percent(c.coverage) },
        { key: 'i', label: t('r.hw.idle'), cell: (c) => word('ridle', c.idle_source) },
        { key: 'f', label: t('r.hw.flags'), cell: (c) => c.flags.map((f) => <Badge key={f}>{f}</Badge>) },
    ];
}

export function Hardware({ record }: { record: RunRecord }) {
    const { channels } = record.energy;
    return (
        <>
            <div class="r-two">
                <Section title={t('live.machineShort')}>
                    <Facts facts={machine(record)} />
                </Section>
                <Section title={t('doctor.method')}>
                    <Facts facts={method(record)} />
                </Section>
            </div>
            <Section title={t('live.sensors')} note={t('r.hw.sensorsNote')}>
                {channels.length > 0 ? <Table name={t('live.sensors')} columns={columns()} rows={channels} rowKey={(c) => c.id} /> : <p class="soft">{t('r.method.none')}</p>}
            </Section>
        </>
    );
}
