// SPDX-License-Identifier: Apache-2.0
// What a kilowatt-hour emits here: now, before, soon, and who says so.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { api } from '../api/client';
import { carbonModel } from '../carbon/model';
import { TimeSeries } from '../charts/ChartFigure';
import { carbonStep } from '../charts/palette';
import { ResetZoom } from '../charts/ResetZoom';
import { chartGroup } from '../charts/sync';
import { modelCsv } from '../export/chart';
import { downloadCsv } from '../export/csv';
import { age, doubt, intensity, percent } from '../format';
import { t } from '../i18n';
import { GridBadge } from '../live/FiveNumbers';
import { route, setParams } from '../router';
import { bind } from '../state/keys';
import { useLoad } from '../state/load';
import { Badge, Chips, Command, Empty, Fix, Loading, StatusText, Strip, Time, Trouble, type Figure } from '../ui';
import type { Grid } from '../api/types';

const SPANS = [24, 168];

/** The command that waits for the greenest hours: they must have ended within a time that is at most 72 h. */
export function waitCommand(start_ms: number, length_s: number, now_ms: number): string {
    const until_h = Math.ceil((start_ms - now_ms) / 3_600_000 + length_s / 3600);
    const within = Math.min(72, Math.max(12, Math.ceil(until_h / 12) * 12));
    return `joulebook run --when greenest:${Math.max(1, Math.round(length_s / 3600))}h,within:${within}h -- python3 train.py`;
}

function Figures({ grid }: { grid: Grid }) {
    const { now, yearly, greenest } = grid;
    const list: Figure[] = [
        {
            key: 'now', label: t('carbon.now'), value: intensity(now?.g_per_kwh),
            sure: now?.rel_error && now.g_per_kwh ? doubt(now.rel_error * now.g_per_kwh, now.g_per_kwh, 'number') : undefined,
            foot: now && (
                <>
                    {now.g_per_kwh !== null && <span class={`swatch ramp${carbonStep(now.g_per_kwh)}`} aria-hidden="true" />} {now.source}
                    {now.age_s !== null && ` · ${t('live.age', { age: age(now.age_s) })}`} <GridBadge grid={now} />
                </>
            ),
        },
        { key: 'yearly', label: t('carbon.yearly', { year: yearly?.year ?? '' }), value: intensity(yearly?.g_per_kwh), foot: yearly?.source },
        {
            key: 'greenest', label: greenest ? t('carbon.greenest', { length: age(greenest.length_s) }) : t('carbon.greenestNone'),
            value: greenest ? intensity(greenest.g_per_kwh) : '–',
            foot: greenest ? (
                <>
                    {t('carbon.from')} <Time at={greenest.start_ms} />
                    {greenest.saves !== null && ` · ${t('carbon.saves', { share: percent(greenest.saves) })}`}
                </>
            ) : (
                t('carbon.noForecast')
            ),
        },
    ];
    return <Strip name={t('page.carbon')} figures={list} />;
}

function Providers({ grid }: { grid: Grid }) {
    const elsewhere = grid.providers.filter((one) => one.status === 'not for this zone');
    const item = (one: Grid['providers'][number]) => (
        <li key={one.name} data-provider={one.name}>
            <div class="row">
                <b class="grow" title={one.credit ?? undefined}>
                    {one.title ?? one.name}
                </b>
                <StatusText status={one.status} prefix="provider" />
            </div>
            {one.reason && <p class="small soft">{one.reason}</p>}
            {one.fix && one.status !== 'ok' && <Fix text={one.fix} />}
        </li>
    );
    return (
        <section class="panel pad">
            <h2>{t('carbon.providers')}</h2>
            <p class="soft small">{t('carbon.providersText')}</p>
            <ul class="list">{grid.providers.filter((one) => !elsewhere.includes(one)).map(item)}</ul>
            {elsewhere.length > 0 && (
                <details>
                    <summary class="small">{t('carbon.elsewhere', { n: elsewhere.length })}</summary>
                    <ul class="list">{elsewhere.map(item)}</ul>
                </details>
            )}
        </section>
    );
}

function ZoneForm({ zone }: { zone: string }) {
    const typed = useSignal(zone);
    useEffect(() => {
        typed.value = zone;
    }, [zone]);
    return (
        <form
            class="row"
            onSubmit={(event) => {
                event.preventDefault();
                setParams({ zone: typed.value.trim() });
            }}
        >
            <label class="row">
                {t('carbon.zone')} <input type="text" size={12} value={typed.value} onInput={(event) => (typed.value = event.currentTarget.value)} />
            </label>
            <button type="submit">{t('carbon.show')}</button>
        </form>
    );
}

export function Carbon() {
    const { params } = route.value;
    const { data, error, again } = useLoad(params.zone ?? '', (abort) => api.grid({ zone: params.zone }, abort), 300_000);
    const group = useMemo(() => chartGroup(), []);
    const hours = params.span === '24' ? 24 : 168;
    const grid = data.value;
    const key = grid?.providers.find((one) => one.status === 'no key' && one.fix)?.fix;
    const words = { measured: t('carbon.measured'), estimated: t('carbon.estimated'), forecast: t('carbon.forecast'), yearly: t('carbon.yearlyShort') };
    const model = useMemo(() => grid && carbonModel(grid, hours, Date.now(), words), [grid, hours, words.measured]);
    useEffect(() => bind({ export: () => model && downloadCsv('joulebook-carbon.csv', modelCsv(model)), close: () => (group.zoom.value = null) }), [model]);
    return (
        <>
            <div class="row head">
                <h1>
                    {t('page.carbon')}
                    {grid?.zone && (
                        <span class="soft">
                            {' '}
                            {grid.zone_name ?? grid.zone} {grid.zone !== grid.zone_name && <Badge>{grid.zone}</Badge>}
                        </span>
                    )}
                </h1>
                <span class="grow" />
                <ZoneForm zone={params.zone ?? grid?.zone ?? ''} />
            </div>
            {error.value ? <Trouble error={error.value} onRetry={again} /> : null}
            {!grid ? (
                !error.value && <Loading />
            ) : (
                <>
                    <Figures grid={grid} />
                    <div class="columns">
                        <div class="stack">
                            <div class="row tools">
                                <Chips
                                    label={t('live.span')}
                                    values={SPANS}
                                    chosen={hours}
                                    text={(h) => (h === 24 ? t('live.hours', { n: 24 }) : t('live.days', { n: 7 }))}
                                    onChoose={(h) => setParams({ span: h === 168 ? null : h })}
                                />
                                <span class="grow" />
                                <ResetZoom group={group} />
                            </div>
                            {model ? (
                                <TimeSeries id="carbon" name={t('carbon.chart')} note={grid.greenest ? t('carbon.hatched') : undefined} model={model} group={group} />
                            ) : (
                                <Empty title={t('carbon.none')} command={key}>
                                    {t('carbon.noneText', { zone: grid.zone_name ?? grid.zone ?? '', g: Math.round(grid.yearly?.g_per_kwh ?? grid.now?.g_per_kwh ?? 0) })} {grid.note} {key && t('carbon.key')}
                                </Empty>
                            )}
                            {grid.greenest && (
                                <section class="panel pad">
                                    <h2>{t('carbon.wait')}</h2>
                                    <p class="soft small">{t('carbon.waitText')}</p>
                                    <Command text={waitCommand(grid.greenest.start_ms, grid.greenest.length_s, Date.now())} />
                                </section>
                            )}
                        </div>
                        <Providers grid={grid} />
                    </div>
                </>
            )}
        </>
    );
}
