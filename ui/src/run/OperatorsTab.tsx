// SPDX-License-Identifier: Apache-2.0
// Operators: a table to sort and search, and the icicle. What is chosen is in the URL.
import { useEffect, useRef } from 'preact/hooks';
import { DASH, count, duration, joules, percent, plusMinus } from '../format';
import { t, word } from '../i18n';
import { route, setParams } from '../router';
import { bind } from '../state/keys';
import { Badge, Empty, Table, type Column } from '../ui';
import { downloadCsv } from '../export/csv';
import { fileName, ink, paper, savePng, saveSvg } from './download';
import { drawing, Icicle, IcicleTable } from './IcicleChart';
import { moduleTree, operatorTree } from './icicle';
import { filterRows, groupRows, operatorTable, sortRows, type Direction, type OpRow, type SortKey } from './operators';
import { known, type RunRecord } from './record';
import { opJoules, opName, opShare, Section, ShareBar } from './texts';

const FIRST = 30;

function confidence(row: OpRow) {
    if (!row.confidence) return null;
    const tone = row.confidence === 'high' ? 'ok' : row.confidence === 'low' ? 'warn' : 'plain';
    return (
        <Badge tone={tone} title={row.confidence === 'low' ? t('r.conf.lowText') : undefined}>
            {word('rconf', row.confidence)}
        </Badge>
    );
}

function columns(several: boolean): Column<OpRow>[] {
    return [
        {
            key: 'name', label: t('r.operator'), head: true, sortable: true,
            cell: (row) => (
                <span class={row.kind === 'operator' ? 'mono wrap' : 'wrap'}>
                    {opName(row)}
                    {row.names.slice(1, 5).map((name) => (
                        <span class="block soft" key={name}>
                            + {name}
                        </span>
                    ))}
                    {row.names.length > 5 && <span class="block soft">{t('r.op.others', { n: row.names.length - 5 })}</span>}
                </span>
            ),
        },
        { key: 'class', label: t('r.class'), sortable: true, cell: (row) => (row.kind === 'operator' ? word('opclass', row.class) : row.members ? t('r.op.members', { n: row.members.length }) : '') },
        ...(several ? [{ key: 'device', label: t('r.device'), sortable: true, cell: (row: OpRow) => row.device }] : []),
        { key: 'calls', label: t('r.calls'), right: true, sortable: true, cell: (row) => (known(row.calls) ? count(row.calls) : '') },
        { key: 'seconds', label: t('r.time'), right: true, sortable: true, cell: (row) => <span class="nowrap">{known(row.seconds) ? duration(row.seconds) : ''}</span> },
        {
            key: 'joules', label: t('runs.energy'), right: true, sortable: true,
            cell: (row) => (
                <span class="nowrap">
                    {opJoules(row, row.joules)} <span class="soft">{known(row.sigma) ? plusMinus(row.sigma, row.joules, 'joules') : ''}</span>
                </span>
            ),
        },
        { key: 'perCall', label: t('r.perCall'), right: true, sortable: true, cell: (row) => <span class="nowrap">{known(row.perCall) ? opJoules(row, row.perCall) : ''}</span> },
        {
            key: 'share', label: t('r.share'), right: true, sortable: true, title: (row) => (known(row.shareHalf95) ? `${t('r.half95')} ±\u00a0${percent(row.shareHalf95)}` : undefined),
            cell: (row) => <ShareBar part={row.share} text={opShare(row)} />,
        },
        { key: 'confidence', label: t('r.confidence'), sortable: true, cell: confidence },
    ];
}

function found(record: RunRecord): string {
    const work = record.work!;
    const out: string[] = [];
    if (known(work.steps) && work.steps > 0) out.push(work.steps_caught === work.steps ? t('r.op.allSteps', { caught: work.steps_caught ?? DASH, all: work.steps }) : t('r.op.steps', { caught: work.steps_caught ?? DASH, all: work.steps }));
    if (work.sources.length > 0) out.push(t('r.method.by', { by: work.sources.join(', ') }));
    out.push(work.attribution === 'time' ? t('r.op.byTime') : t('r.op.estimated'));
    if (known(work.slowdown)) out.push(t(work.slowdown > 0 ? 'r.op.slowed' : 'r.op.unslowed', { p: percent(work.slowdown), pm: percent(work.slowdown_uncertainty) }));
    return out.join(' ');
}

function save(record: RunRecord, rows: OpRow[]): void {
    const head = ['operator', 'merged_with', 'class', 'device', 'direction', 'calls', 'time_s', 'energy_j', 'uncertainty_j', 'energy_per_call_j', 'share', 'confidence'];
    const lines = rows.map((r) => [r.kind === 'operator' ? r.name : r.kind, r.names.slice(1).join(' + '), r.class, r.device, r.direction, r.calls, r.seconds, r.joules, r.sigma, r.perCall, r.share, r.confidence]);
    downloadCsv(`${fileName(record.run.name ?? record.run.id, 'operators')}.csv`, [head, ...lines]);
}

export function Operators({ record }: { record: RunRecord }) {
    const search = useRef<HTMLInputElement>(null);
    useEffect(() => bind({ search: () => search.current?.focus() }), []);
    const table = operatorTable(record);
    const layers = moduleTree(record.layers ?? []);
    if (table.rows.length === 0 && !layers) {
        const ops = record.work?.ops ?? 'off';
        return (
            <Empty title={t('r.op.none')} command={record.run.status === 'running' ? null : 'joulebook run --ops full -- python3 train.py'}>
                {t(record.run.status === 'running' ? 'r.notYet' : ops === 'off' || ops === 'phases' ? 'r.op.off' : 'r.ep.silent', { ops })}
            </Empty>
        );
    }
    const { params } = route.value;
    const direction = table.directions.find((d) => d === params.dir) ?? null;
    const device = table.devices.find((d) => d === params.dev) ?? null;
    const text = params.q ?? '';
    const grouped = params.group === '1';
    const all = params.all === '1';
    const sort = params.sort ?? '-joules';
    const filtered = filterRows(table.rows, { text, direction, device });
    const sorted = sortRows(grouped ? groupRows(filtered, table.whole) : filtered, sort.replace('-', '') as SortKey, sort.startsWith('-'));
    const shown = all || grouped ? sorted : [...sorted.slice(0, FIRST), ...sorted.slice(FIRST).filter((r) => r.kind !== 'operator')];
    const sum = filtered.reduce((a, r) => a + r.joules, 0);
    return (
        <>
            {table.rows.length > 0 && record.work && <p class="r-method">{found(record)}</p>}
            <Tree record={record} direction={direction} modules={layers !== null} whole={table.whole ?? record.energy.run_j ?? 1} />
            {table.rows.length > 0 && (
                <Section title={t('r.tab.operators')} note={t('r.op.sum', { n: filtered.length, j: joules(sum), p: percent(table.whole ? sum / table.whole : null) })} actions={<button class="small" onClick={() => save(record, sorted)}>CSV</button>}>
                    <div class="r-tools">
                        <input ref={search} type="search" placeholder={t('r.op.search')} aria-label={t('r.op.search')} value={text} onInput={(e) => setParams({ q: e.currentTarget.value })} />
                        <Directions directions={table.directions} current={direction} />
                        {table.devices.length > 1 && (
                            <select aria-label={t('r.device')} value={device ?? ''} onChange={(e) => setParams({ dev: e.currentTarget.value })}>
                                <option value="">{t('r.op.allDevices')}</option>
                                {table.devices.map((d) => (
                                    <option key={d} value={d}>
                                        {d}
                                    </option>
                                ))}
                            </select>
                        )}
                        <label class="check">
                            <input type="checkbox" checked={grouped} onChange={(e) => setParams({ group: e.currentTarget.checked ? 1 : null })} /> {t('r.op.group')}
                        </label>
                    </div>
                    {sorted.length === 0 ? (
                        <p class="soft pad">{t('r.op.nothing')}</p>
                    ) : (
                        <Table
                            name={t('r.tab.operators')} columns={columns(table.devices.length > 1)} rows={shown} rowKey={(r) => r.key}
                            sort={sort} onSort={(s) => setParams({ sort: s })}
                        />
                    )}
                    {shown.length < sorted.length && (
                        <p class="pad">
                            <button onClick={() => setParams({ all: 1 })}>{t('r.op.more', { n: sorted.length - shown.length })}</button>
                        </p>
                    )}
                    <p class="soft small">{t('r.op.legend')}</p>
                </Section>
            )}
        </>
    );
}

function Directions({ directions, current }: { directions: Direction[]; current: Direction | null }) {
    if (directions.length < 2) return null;
    return (
        <span class="r-toggle" role="group" aria-label={t('r.direction')} title={t('r.directionText')}>
            {[null, ...directions].map((d) => (
                <button key={d ?? ''} class="small" aria-pressed={d === current} onClick={() => setParams({ dir: d, at: null })}>
                    {d === null ? t('r.dir.all') : word('phase', d)}
                </button>
            ))}
        </span>
    );
}

function Tree({ record, direction, modules, whole }: { record: RunRecord; direction: Direction | null; modules: boolean; whole: number }) {
    const { params } = route.value;
    const operators = operatorTree(record, direction);
    const kind = modules && (params.tree === 'modules' || !operators) ? 'modules' : 'operators';
    const tree = kind === 'modules' ? moduleTree(record.layers ?? []) : operators;
    const asTable = params.twin === '1';
    if (!tree) return null;
    const title = kind === 'modules' ? t('r.ic.byModule') : t('r.ic.byOperator');
    const name = fileName(record.run.name ?? record.run.id, 'icicle');
    const draw = () => drawing(tree, params.at ?? null, `${record.run.name ?? record.run.id}: ${title}`, ink, paper());
    return (
        <Section
            title={title} note={kind === 'modules' ? t('r.ic.moduleNote') : t('r.ic.note')}
            actions={
                <>
                    {modules && operators && (
                        <span class="r-toggle" role="group" aria-label={t('r.ic.tree')}>
                            {(['operators', 'modules'] as const).map((k) => (
                                <button key={k} class="small" aria-pressed={k === kind} onClick={() => setParams({ tree: k === 'modules' ? k : null, at: null })}>
                                    {k === 'modules' ? t('r.ic.modules') : t('r.tab.operators')}
                                </button>
                            ))}
                        </span>
                    )}
                    <button class="small" aria-pressed={asTable} onClick={() => setParams({ twin: asTable ? null : 1 })}>
                        {asTable ? t('act.chart') : t('act.table')}
                    </button>
                    <button class="small" onClick={() => saveSvg(name, draw())}>
                        SVG
                    </button>
                    <button class="small" onClick={() => savePng(name, draw())}>
                        PNG
                    </button>
                </>
            }
        >
            {asTable ? <IcicleTable tree={tree} whole={whole} name={title} /> : <Icicle tree={tree} name={title} at={params.at ?? null} onZoom={(key) => setParams({ at: key })} whole={whole} />}
        </Section>
    );
}
