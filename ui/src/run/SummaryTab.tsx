// SPDX-License-Identifier: Apache-2.0
// The first tab: how much, how sure, of what, where from.
import { DASH, digits, duration, gramsCo2e, intensity, joules, percent, plusMinus, watts } from '../format';
import { deviceColor } from '../charts/palette';
import { t, word, type Key } from '../i18n';
import { Badge, Bar, Strip, Table, Time, type Column, type Figure } from '../ui';
import { measuredShare, sourcesOf } from './citation';
import { epochSummary } from './epochs';
import { basisEnergy, byDevice, known, parts, type FormerPrice, type Maybe, type RunRecord, type Segment } from './record';
import { energy, Energy, Section } from './texts';

const over = (a: Maybe, b: Maybe): Maybe => (known(a) && known(b) && b > 0 ? a / b : null);

/** "live", "average", "estimated": the worst of what the price rests on. */
function priceKind(record: RunRecord): Key | null {
    const { segments } = record.carbon;
    if (segments.length === 0) return null;
    if (segments.some((s) => s.estimated)) return 'carbon.estimated';
    return segments.every((s) => s.live === true) ? 'kind.live' : 'r.price.average';
}

const cost = (record: RunRecord): string => (record.cost && known(record.cost.amount) ? `${digits(record.cost.amount)}\u00a0${record.cost.currency ?? ''}` : '');

function figures(record: RunRecord): Figure[] {
    const { carbon, run } = record;
    const basis = basisEnergy(record);
    const epochs = epochSummary(record);
    const kind = priceKind(record);
    const mean = over(basis.joules, run.duration_s);
    return [
        {
            key: 'energy', label: t('runs.energy'), value: energy(basis.joules), sure: plusMinus(basis.sigma, basis.joules, 'energy'),
            title: known(basis.joules) ? joules(basis.joules) : undefined, foot: [word('rbasis', basis.name), cost(record)].filter(Boolean).join(' · '),
        },
        {
            key: 'carbon', label: t('live.emissions'), value: gramsCo2e(carbon.emissions_g), sure: plusMinus(carbon.uncertainty_g, carbon.emissions_g, 'mass'),
            foot: known(carbon.embodied_g) ? t('r.embodied', { g: gramsCo2e(carbon.embodied_g) }) : undefined,
        },
        {
            key: 'power', label: t('r.mean'), value: watts(mean), sure: plusMinus(over(basis.sigma, run.duration_s), mean, 'power'),
            foot: t('r.machineMean', { w: watts(over(record.energy.machine_j, run.duration_s)) }),
        },
        {
            key: 'duration', label: t('runs.duration'), value: duration(run.duration_s),
            foot: epochs ? t('r.epochs', { n: epochs.count, each: duration(epochs.seconds) }) : known(record.energy.coverage) ? t('r.coverage', { p: percent(record.energy.coverage) }) : undefined,
        },
        {
            key: 'intensity', label: t('live.intensity'), value: intensity(carbon.intensity_g_per_kwh),
            foot: (
                <>
                    {carbon.zone_name ?? carbon.zone} {kind && <Badge tone={kind === 'kind.live' ? 'ok' : 'warn'}>{t(kind)}</Badge>}
                </>
            ),
        },
    ];
}

/** How the energy was found, in a sentence. */
export function methodText(record: RunRecord): string {
    const by = sourcesOf(record);
    const share = measuredShare(record);
    if (by.length === 0 || share === null) return t('r.method.none');
    const how = share > 0.9995 ? t('r.method.measured') : share < 0.0005 ? t('r.method.modelled') : t('r.method.mixed', { p: percent(share) });
    const place = record.carbon.zone_name ?? record.carbon.zone;
    const sources = [...new Set(record.carbon.segments.map((s) => s.source).filter(Boolean))];
    const price = known(record.carbon.emissions_g) && place ? ` ${t('r.method.price', { zone: place, source: sources.join(', ') || DASH })}` : '';
    const pue = known(record.carbon.pue) && record.carbon.pue !== 1 ? ` ${t('r.method.pue', { pue: digits(record.carbon.pue) })}` : '';
    return `${t('r.method.by', { by: by.join(', ') })} ${how}${price}${pue}`;
}

const PART_NAMES = { run: 'live.partRun', idle: 'live.partIdle', others: 'live.partOthers', unattributed: 'live.partNobody' } as const;
const PART_COLORS = { run: 'runs', idle: 'idle', others: 'others', unattributed: 'unattributed' } as const;

function Bars({ record }: { record: RunRecord }) {
    const split = parts(record.energy);
    const devices = byDevice(record.energy);
    if (split.length === 0) return null;
    return (
        <Section title={t('r.where')} note={t('r.whereNote', { j: energy(record.energy.machine_j) })}>
            <div class="r-bars">
                <Bar
                    name={t('r.bar.parts')}
                    parts={split.map(({ part, joules: j }) => ({ key: part, label: t(PART_NAMES[part]), color: PART_COLORS[part], value: j, text: energy(j), title: joules(j) }))}
                />
                <Bar
                    name={t('r.bar.devices')}
                    parts={devices.map((d) => ({
                        key: d.device, label: word('device', d.device) + (d.channels > 1 ? ` ×${d.channels}` : '') + (d.modelled ? ` (${t('chart.estimated')})` : ''),
                        color: deviceColor(d.device), value: d.energy, text: energy(d.energy), title: joules(d.energy), estimated: d.modelled,
                    }))}
                />
            </div>
        </Section>
    );
}

interface Line {
    key: 'footprint' | 'run' | 'machine';
    j: Maybe;
    sigma: Maybe;
}

function Energies({ record }: { record: RunRecord }) {
    const e = record.energy;
    const rows: Line[] = [
        { key: 'footprint', j: e.footprint_j, sigma: e.footprint_uncertainty_j ?? null },
        { key: 'run', j: e.run_j, sigma: e.run_uncertainty_j ?? null },
        { key: 'machine', j: e.machine_j, sigma: e.uncertainty_j },
    ];
    const basis = basisEnergy(record).name;
    const columns: Column<Line>[] = [
        {
            key: 'name', label: t('runs.energy'), head: true,
            cell: (row) => (
                <>
                    {t(`r.is.${row.key}`)} {row.key === basis && <Badge>{t('r.priced')}</Badge>}
                    <span class="soft small block">{t(`r.means.${row.key}`)}</span>
                </>
            ),
        },
        { key: 'wh', label: t('runs.energy'), right: true, cell: (row) => <Energy j={row.j} sigma={row.sigma} /> },
        { key: 'j', label: t('r.joules'), right: true, cell: (row) => <span class="nowrap">{joules(row.j)}</span> },
    ];
    return (
        <Section title={t('r.three')}>
            <Table name={t('r.three')} columns={columns} rows={rows} rowKey={(row) => row.key} />
        </Section>
    );
}

function Carbon({ record }: { record: RunRecord }) {
    const c = record.carbon;
    const columns: Column<Segment>[] = [
        {
            key: 'time', label: t('chart.time'), head: true,
            cell: (s) => (
                <span class="nowrap">
                    <Time at={s.start} seconds /> – {s.end ? <Time at={s.end} short seconds /> : t('carbon.now')}
                </span>
            ),
        },
        { key: 'g', label: t('live.intensity'), right: true, cell: (s) => <span class="nowrap">{intensity(s.g_per_kwh)} <span class="soft">{known(s.uncertainty_g_per_kwh) ? `±\u00a0${digits(s.uncertainty_g_per_kwh, 2)}` : ''}</span></span> },
        {
            key: 'source', label: t('r.source'),
            cell: (s) => (
                <>
                    {s.source ?? DASH} {s.estimated && <Badge tone="warn">{t('chart.estimated')}</Badge>} {s.live === true && <Badge tone="ok">{t('kind.live')}</Badge>}
                </>
            ),
        },
        { key: 'factor', label: t('r.factor'), cell: (s) => word('rfactor', s.factor) },
        { key: 'age', label: t('r.age'), right: true, cell: (s) => (known(s.age_s) ? duration(s.age_s) : DASH) },
        { key: 'energy', label: t('runs.energy'), right: true, cell: (s) => <Energy j={s.energy_j ?? null} /> },
        { key: 'co2', label: 'CO₂e', right: true, cell: (s) => <span class="nowrap">{gramsCo2e(s.emissions_g ?? null)}</span> },
    ];
    const former = c.former ?? [];
    const notes = [c.zone_note, ...(c.steps ?? []), ...(c.credits ?? [])].filter((n): n is string => !!n);
    return (
        <Section title={t('live.emissions')} note={known(c.pue) && c.pue !== 1 ? t('r.pue', { pue: digits(c.pue) }) : undefined}>
            {c.segments.length > 0 ? <Table name={t('r.segments')} columns={columns} rows={c.segments} rowKey={(s) => `${s.start}${s.source}`} /> : <p class="soft">{t('r.noCarbon')}</p>}
            {notes.map((note) => (
                <p class="soft small wrap" key={note}>
                    {note}
                </p>
            ))}
            {former.length > 0 && <Former prices={former} />}
        </Section>
    );
}

function Former({ prices }: { prices: FormerPrice[] }) {
    return (
        <details>
            <summary>{t('r.former', { n: prices.length })}</summary>
            <ul>
                {prices.map((p) => (
                    <li key={p.until}>
                        {t('r.until')} <Time at={p.until} />: {gramsCo2e(p.emissions_g)} <span class="soft">{plusMinus(p.uncertainty_g, p.emissions_g, 'mass')}</span>, {intensity(p.intensity_g_per_kwh)}, {p.source} ({p.reason})
                    </li>
                ))}
            </ul>
        </details>
    );
}

export function Summary({ record, now }: { record: RunRecord; now: boolean }) {
    return (
        <>
            {!now && <Strip name={t('r.tab.summary')} figures={figures(record)} />}
            <p class="r-method">{methodText(record)}</p>
            {record.warnings.length > 0 && (
                <section class="banner warn r-warnings" aria-label={t('r.warnings')}>
                    <h2>{t('r.warnings')}</h2>
                    <ul>
                        {record.warnings.map((w) => (
                            <li class="wrap" key={w}>
                                {w}
                            </li>
                        ))}
                    </ul>
                </section>
            )}
            <Bars record={record} />
            <Energies record={record} />
            <Carbon record={record} />
        </>
    );
}
