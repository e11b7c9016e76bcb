// SPDX-License-Identifier: Apache-2.0
// What the machine, or the training on it, uses now.
import { useSignalEffect } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { Ribbon } from '../charts/Ribbon';
import { TimeSeries } from '../charts/ChartFigure';
import { ResetZoom } from '../charts/ResetZoom';
import { chartGroup } from '../charts/sync';
import { downloadCsv } from '../export/csv';
import { modelCsv } from '../export/chart';
import { t, word } from '../i18n';
import { Attached, runName } from '../live/Attached';
import { LiveBars } from '../live/Bars';
import { energyModel, intensityModel, powerModel, type By, type Words } from '../live/charts';
import { LiveFigures } from '../live/FiveNumbers';
import { MACHINE, scopeOf } from '../live/figures';
import { told, useHistory } from '../live/load';
import { epochs, pieces, withEarlier } from '../live/ribbon';
import { Sensors } from '../live/Sensors';
import { link, numberOf, route, setParams } from '../router';
import { bind } from '../state/keys';
import { link as feed, live, pause, paused, trace } from '../state/live';
import { Chips, Empty, Fix, Loading } from '../ui';

const LINES: readonly By[] = ['device', 'channel'];
const SPANS = [300, 900, 3600, 21600, 86400, 604800];
const spanText = (s: number) => (s < 3600 ? t('live.minutes', { n: s / 60 }) : s < 86400 ? t('live.hours', { n: s / 3600 }) : t('live.days', { n: s / 86400 }));

/** A ribbon of less is not worth its room. */
const TOLD_S = 10;

/** The span that was zoomed to, out of the URL. */
function zoomOf(params: Record<string, string>) {
    const x0 = numberOf(params, 't0');
    const x1 = numberOf(params, 't1');
    return x0 !== null && x1 !== null && x1 > x0 ? { x0, x1 } : null;
}

export function LivePage() {
    const { params } = route.value;
    const now = live.value;
    const asked = numberOf(params, 'span');
    const span = asked !== null && SPANS.includes(asked) ? asked : 900;
    const by: By = params.by === 'channel' ? 'channel' : 'device';
    const run = now ? scopeOf(now, params.run) : null;
    const group = useMemo(() => chartGroup(zoomOf(params), params.ch ?? null), []);
    useHistory(span, run);
    useSignalEffect(() => {
        const zoom = group.zoom.value;
        setParams({ t0: zoom && zoom.x0.toFixed(1), t1: zoom && zoom.x1.toFixed(1) });
    });

    const past = trace.value;
    const words: Words = { device: (device) => word('device', device), run: t('device.run'), machine: t('live.machineShort'), limit: t('chart.limit') };
    const power = useMemo(() => now && powerModel(now, past, span, by, run?.id ?? null, words), [now, past, span, by, run?.id]);
    const energy = useMemo(() => energyModel(past, span, run?.id ?? null, words), [past, span, run?.id]);
    const guess = now?.grid ? now.grid.estimated || now.grid.kind !== 'live' : true;
    const carbon = useMemo(() => intensityModel(past, span, now?.grid?.zone ?? '', guess), [past, span, now?.grid?.zone, guess]);
    const save = () => power && downloadCsv('joulebook-live.csv', modelCsv(power));
    useEffect(
        () =>
            bind({
                export: save,
                close: () => (group.zoom.value = null),
                pause: () => pause(!paused.value),
            }),
        [power],
    );

    if (!now) {
        return feed.value === 'lost' ? (
            <Empty title={t('live.noServer')} command="joulebook serve">
                {t('live.noServerText')}
            </Empty>
        ) : (
            <>
                <h1 class="sr">{t('page.live')}</h1>
                <Loading />
            </>
        );
    }
    const track = run ? past.runs[run.id] : undefined;
    const rows = track
        ? [
              { name: t('live.epochs'), pieces: withEarlier(epochs(past.t, track.epoch, t('live.epochShort')), told.value?.id === run?.id ? (told.value?.spans ?? []) : [], t('live.epochShort')) },
              { name: t('live.phases'), pieces: pieces(past.t, track.phase, (phase) => word('phase', String(phase)), String) },
          ].filter((row) => row.pieces.reduce((sum, piece) => sum + piece.x1 - piece.x0, 0) >= TOLD_S)
        : [];
    const alone = (key: string | null) => setParams({ ch: key });
    const blind = now.machine.measured_j === 0 ? now.sources.find((source) => source.fix && source.status !== 'ok') : undefined;
    const scope = run?.id ?? MACHINE;
    return (
        <>
            <div class="row head">
                <h1>{run ? runName(run) : t('live.machineOf', { host: now.host ?? '' })}</h1>
                {now.runs.length > 0 && (
                    <div class="chips" role="group" aria-label={t('live.scope')}>
                        {now.runs.map((one) => (
                            <button key={one.id} aria-pressed={scope === one.id} onClick={() => setParams({ run: one.id })}>
                                {now.runs.length > 1 ? runName(one) : t('page.run')}
                            </button>
                        ))}
                        <button aria-pressed={scope === MACHINE} onClick={() => setParams({ run: MACHINE })}>
                            {t('live.machine')}
                        </button>
                    </div>
                )}
                <span class="grow" />
                {run && (run.mine || now.viewer.all) && (
                    <a class="button" href={link(`/runs/${run.id}`)}>
                        {t('live.toRun')}
                    </a>
                )}
            </div>
            {now.machine.measured_j === 0 && (
                <div class="banner warn" role="note">
                    <p>{t('live.blind')}</p>
                    {blind?.fix && <Fix text={blind.fix} />}
                </div>
            )}
            {now.grid?.kind === 'yearly' && (
                <p class="banner">
                    {t('live.yearly', { zone: now.grid.zone_name ?? now.grid.zone ?? '', g: Math.round(now.grid.g_per_kwh ?? 0) })} <a href={link('/carbon')}>{t('live.toCarbon')}</a>
                    {now.grid.note && <span class="soft small block">{now.grid.note}</span>}
                </p>
            )}
            {now.warnings.map((warning) => (
                <p class="banner warn" key={warning}>
                    {warning}
                </p>
            ))}
            <LiveFigures live={now} run={run} />
            <div class="columns">
                <div class="stack">
                    <LiveBars live={now} run={run} />
                    <div class="row tools">
                        <Chips
                            label={t('live.span')}
                            values={SPANS}
                            chosen={span}
                            text={spanText}
                            onChoose={(s) => {
                                group.zoom.value = null;
                                setParams({ span: s === 900 ? null : s });
                            }}
                        />
                        <Chips
                            label={t('live.lines')}
                            values={LINES}
                            chosen={by}
                            text={(one) => (one === 'device' ? t('live.byDevice') : t('live.byChannel'))}
                            onChoose={(one) => setParams({ by: one === 'device' ? null : one })}
                        />
                        <span class="grow" />
                        <ResetZoom group={group} />
                        <button class="small" onClick={save}>
                            {t('act.export')} CSV
                        </button>
                    </div>
                    {power && <TimeSeries id="power" name={t('live.power')} model={power} group={group} onAlone={alone} />}
                    {rows.length > 0 && <Ribbon id="ribbon" name={t('live.ribbon')} note={t('live.ribbonNote')} rows={rows} all={{ x0: energy.x0 ?? 0, x1: energy.x1 ?? 1 }} group={group} xKind="time" />}
                    <TimeSeries id="energy" name={t('live.energy')} note={run ? t('live.energyNote') : undefined} model={energy} group={group} onAlone={alone} />
                    <TimeSeries id="intensity" name={t('live.intensity')} model={carbon} group={group} onAlone={alone} />
                    <Attached live={now} />
                </div>
                <Sensors live={now} />
            </div>
        </>
    );
}
