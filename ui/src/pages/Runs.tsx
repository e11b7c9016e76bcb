// SPDX-License-Identifier: Apache-2.0
// All runs of this database: found, sorted, picked for a comparison.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { api } from '../api/client';
import type { RunLine, RunPage } from '../api/types';
import { downloadCsv } from '../export/csv';
import { duration, gramsCo2e, inUnit, intensity, joules, plusMinus, unitOf, watts } from '../format';
import { t } from '../i18n';
import { link, route, setParams } from '../router';
import { runName } from '../live/Attached';
import { basisOf, idsOf, runsCsv, sorted, tagOf, withLive } from '../runs/rows';
import { bind } from '../state/keys';
import { live } from '../state/live';
import { useLoad } from '../state/load';
import { Empty, Loading, StatusText, Table, Time, Trouble, type Column } from '../ui';

const PAGE = 100;
const MOST = 8;

/** Asks for a page, and for those after it that were asked for before. */
async function ask(query: Record<string, string | null | undefined>, pages: number, abort: AbortSignal): Promise<RunPage> {
    const all: RunPage = { schema: 1, runs: [], next: null };
    for (let i = 0; i < pages; i++) {
        const page: RunPage = await api.runs({ ...query, limit: PAGE, cursor: all.next }, abort);
        all.runs.push(...page.runs);
        all.next = page.next;
        if (!page.next) break;
    }
    return all;
}

function Tags({ run }: { run: RunLine }) {
    const tags = Object.entries(run.tags ?? {});
    return (
        <span class="tags">
            {tags.map(([key, value]) => (
                <button key={key} class="small tag" title={t('runs.byTag', { tag: `${key}=${value}` })} onClick={() => setParams({ tag: `${key}=${value}` })}>
                    {key}={value}
                </button>
            ))}
        </span>
    );
}

export function Runs() {
    const { params } = route.value;
    const search = useRef<HTMLInputElement>(null);
    const typed = useSignal(params.q ?? '');
    const typedTag = useSignal(params.tag ?? '');
    const pages = useSignal(1);
    const picked = idsOf(params.ids, MOST);
    const attached = live.value?.runs ?? [];
    const query = { q: params.q, project: params.project, tag: params.tag };
    const key = JSON.stringify([query, pages.value, attached.map((run) => run.id)]);
    const { data, error, again } = useLoad(key, (abort) => ask(query, pages.value, abort));
    const sort = params.sort ?? '-started';

    // what is typed is looked for when the hand rests
    useEffect(() => {
        if (typed.value === (params.q ?? '')) return undefined;
        const timer = setTimeout(() => {
            pages.value = 1;
            setParams({ q: typed.value.trim() });
        }, 250);
        return () => clearTimeout(timer);
    }, [typed.value]);
    useEffect(() => {
        typedTag.value = params.tag ?? '';
    }, [params.tag]);

    const rows = sorted(withLive(data.value?.runs ?? [], attached), sort);
    const save = () => downloadCsv('joulebook-runs.csv', runsCsv(rows));
    useEffect(() => bind({ search: () => search.current?.focus(), export: save }), [data.value, sort]);

    const pick = (id: string, on: boolean) => setParams({ ids: (on ? [...picked, id] : picked.filter((one) => one !== id)).join(',') });
    const unit = unitOf.energy(rows.map(basisOf));
    const mass = unitOf.mass(rows.map((run) => run.emissions_g));
    const power = unitOf.power(rows.map((run) => run.mean_w));
    const users = new Set(rows.map((run) => run.user)).size > 1;
    const hosts = new Set(rows.map((run) => run.host)).size > 1;
    const columns: Column<RunLine>[] = [
        {
            key: 'pick', label: <span class="sr">{t('runs.pick')}</span>,
            cell: (run) => (
                <input type="checkbox" aria-label={t('runs.pickOne', { name: runLabel(run) })} checked={picked.includes(run.id)}
                    disabled={!readable(run) || (picked.length >= MOST && !picked.includes(run.id))} onChange={(event) => pick(run.id, event.currentTarget.checked)} />
            ),
        },
        {
            key: 'name', label: t('runs.name'), head: true, sortable: true, title: (run) => run.command?.join(' '),
            cell: (run) => (readable(run) ? <a href={link(`/runs/${run.id}`)}>{runLabel(run)}</a> : <span class="soft">{runLabel(run)}</span>),
        },
        {
            key: 'project', label: t('runs.project'), sortable: true,
            cell: (run) => (run.project ? <button class="plain tag" title={t('runs.byProject', { name: run.project })} onClick={() => setParams({ project: run.project })}>{run.project}</button> : ''),
        },
        { key: 'tags', label: t('runs.tags'), cell: (run) => <Tags run={run} /> },
        ...(users ? [{ key: 'user', label: t('runs.user'), cell: (run: RunLine) => run.user ?? '–' }] : []),
        ...(hosts ? [{ key: 'host', label: t('runs.host'), sortable: true, cell: (run: RunLine) => run.host ?? '–' }] : []),
        { key: 'started', label: t('runs.started'), sortable: true, cell: (run) => <Time at={run.started} /> },
        { key: 'duration', label: t('runs.duration'), sortable: true, right: true, cell: (run) => <span class="nowrap">{duration(run.duration_s && run.duration_s > 60 ? Math.round(run.duration_s) : run.duration_s)}</span> },
        {
            key: 'energy', label: unit.name, name: t('runs.energy'), sortable: true, right: true, cell: (run) => inUnit(basisOf(run), unit),
            title: (run) => [joules(basisOf(run)), plusMinus(run.uncertainty_j, basisOf(run), 'joules')].filter(Boolean).join(' '),
        },
        {
            key: 'emissions', label: `${mass.name} CO₂e`, name: t('live.emissions'), sortable: true, right: true, cell: (run) => inUnit(run.emissions_g, mass),
            title: (run) => [gramsCo2e(run.emissions_g), plusMinus(run.emissions_uncertainty_g, run.emissions_g, 'mass')].filter(Boolean).join(' '),
        },
        { key: 'power', label: t('runs.power', { unit: power.name }), sortable: true, right: true, cell: (run) => inUnit(run.mean_w, power), title: (run) => watts(run.mean_w) },
        { key: 'intensity', label: 'g/kWh', name: t('live.intensity'), sortable: true, right: true, cell: (run) => intensity(run.intensity_g_per_kwh).split('\u00a0')[0], title: (run) => run.zone ?? undefined },
        { key: 'status', label: t('runs.status'), sortable: true, cell: (run) => <StatusText status={run.status} prefix="run" /> },
    ];
    const filtered = !!(params.q || params.project || params.tag);
    return (
        <>
            <div class="row head">
                <h1>{t('page.runs')}</h1>
                <span class="grow" />
                {picked.length > 0 && <button onClick={() => setParams({ ids: null })}>{t('runs.unpick')}</button>}
                {picked.length >= 2 ? (
                    <a class="button primary" href={link('/compare', { ids: picked.join(',') })}>
                        {t('runs.compare', { n: picked.length })}
                    </a>
                ) : (
                    <button disabled title={t('runs.compareHow')}>
                        {t('page.compare')}
                    </button>
                )}
                <button onClick={save} disabled={rows.length === 0}>
                    CSV
                </button>
            </div>
            <form class="row tools" role="search" onSubmit={(event) => event.preventDefault()}>
                <input ref={search} type="search" class="wide" aria-label={t('runs.search')} placeholder={t('runs.search')} value={typed.value}
                    onInput={(event) => (typed.value = event.currentTarget.value)} onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()} />
                <input type="text" aria-label={t('runs.tag')} placeholder={t('runs.tagHint')} value={typedTag.value} onInput={(event) => (typedTag.value = event.currentTarget.value)}
                    onChange={(event) => setParams({ tag: tagOf(event.currentTarget.value) })} />
                {params.project && (
                    <button onClick={() => setParams({ project: null })}>
                        {t('runs.project')}: {params.project} <span aria-hidden="true">×</span>
                        <span class="sr">{t('runs.clear')}</span>
                    </button>
                )}
                {params.tag && (
                    <button onClick={() => setParams({ tag: null })}>
                        {params.tag} <span aria-hidden="true">×</span>
                        <span class="sr">{t('runs.clear')}</span>
                    </button>
                )}
                <span class="grow" />
                {data.value && <span class="soft small" role="status">{t(data.value.next ? 'runs.countMore' : 'runs.count', { n: rows.length })}</span>}
            </form>
            {error.value ? <Trouble error={error.value} onRetry={again} /> : null}
            {!data.value ? (
                !error.value && <Loading />
            ) : rows.length === 0 ? (
                filtered ? (
                    <Empty title={t('runs.none')}>
                        {t('runs.noneText')}{' '}
                        <button
                            onClick={() => {
                                typed.value = '';
                                setParams({ q: null, project: null, tag: null });
                            }}
                        >
                            {t('runs.all')}
                        </button>
                    </Empty>
                ) : (
                    <Empty title={t('runs.empty')} command="joulebook run -- python3 train.py">
                        {t('runs.emptyText')}
                    </Empty>
                )
            ) : (
                <div class="panel">
                    <Table name={t('page.runs')} columns={columns} rows={rows} rowKey={(run) => run.id} sort={sort} onSort={(next) => setParams({ sort: next === '-started' ? null : next })} class="runs" />
                    {data.value.next && (
                        <p class="pad">
                            <button onClick={() => pages.value++}>{t('act.more')}</button> {sort !== '-started' && <span class="soft small">{t('runs.sortedAmong', { n: rows.length })}</span>}
                        </p>
                    )}
                </div>
            )}
        </>
    );
}

const readable = (run: RunLine) => run.mine || live.value?.viewer.all === true;
const runLabel = (run: RunLine) => runName({ ...run, mine: readable(run), command: run.command?.join(' ') ?? null });
