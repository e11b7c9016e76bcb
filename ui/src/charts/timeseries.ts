// SPDX-License-Identifier: Apache-2.0
// The only file that knows uPlot (https://github.com/leeoniya/uPlot). Draws a ChartModel on a canvas and turns the mouse
// into changes of the group; everything that is text or button is outside. uPlot sets styles through the CSSOM, which the
// Content-Security-Policy allows.
import uPlot from 'uplot';
import { clock } from '../format';
import type { ChartModel, Line, Span } from './model';
import { TIME_STEPS, axisTexts, clampSpan, increments, spread, timeTicks } from './model';
import { ESTIMATED, color, faded } from './palette';
import type { ChartGroup } from './sync';

export interface Chart {
    update(model: ChartModel): void;
    zoom(span: Span | null): void;
    cursor(x: number | null): void;
    alone(key: string | null): void;
    resize(width: number): void;
    destroy(): void;
    canvas(): HTMLCanvasElement;
}

const FONT = '11px system-ui, sans-serif';
/** room for the labels at the ends of lines; the ribbon in layout.css keeps the same */
const LABELS = 96;
const NARROW = 520;

/** Two charts with the same signature can share an uPlot: only data differ. */
export function signature(model: ChartModel): string {
    return [model.xKind, model.height, model.fromZero, ...model.lines.map((l) => [l.key, l.label, l.color, l.dash?.join(), l.estimated, l.step, l.limit, !!l.min, l.width].join())].join('|');
}

/** All of x that can be shown. */
export function extent(model: ChartModel): Span {
    const x0 = model.x0 ?? model.x[0] ?? 0;
    const x1 = model.x1 ?? model.x.at(-1) ?? 1;
    return x1 > x0 ? { x0, x1 } : { x0, x1: x0 + 1 };
}

function elapsedText(s: number, step: number): string {
    const two = (x: number) => String(Math.floor(x)).padStart(2, '0');
    if (step < 1) return `${Number(s.toFixed(3))} s`;
    if (s < 60 && step < 60) return `${Math.round(s)} s`;
    if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`;
    return `${Math.floor(s / 3600)}:${two((s % 3600) / 60)}${step < 60 ? `:${two(s % 60)}` : ''}`;
}

function xTexts(model: ChartModel, values: number[]): string[] {
    const step = values.length > 1 ? values[1]! - values[0]! : 1;
    if (model.xKind === 'elapsed') return values.map((v) => elapsedText(v, step));
    if (model.xKind === 'number') return values.map(String);
    return values.map((v) => {
        const date = new Date(v * 1000);
        const midnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
        return midnight ? `${date.getMonth() + 1}/${date.getDate()}` : clock(v * 1000, step < 60);
    });
}

/** Ticks at round times of the local clock; those of a day on which it is changed are off by an hour, and few. */
function ticksOf(model: ChartModel): uPlot.Axis.Splits {
    return (_u, _axis, low, high, step) => timeTicks(low, high, step, model.xKind === 'time' ? -60 * new Date(low * 1000).getTimezoneOffset() : 0);
}

function dataOf(model: ChartModel): uPlot.AlignedData {
    const columns: (readonly (number | null)[])[] = [];
    for (const line of model.lines) {
        columns.push(line.y);
        if (line.min && line.max) columns.push(line.max, line.min);
    }
    return [model.x, ...columns] as unknown as uPlot.AlignedData;
}

export function createChart(host: HTMLElement, first: ChartModel, group: ChartGroup, width: number): Chart {
    let model = first;
    let plot: uPlot | null = null;
    let made = '';
    let wide = width;
    /** uPlot tells of scales and cursors that we set ourselves too */
    let quiet = false;

    const shown = (): Span => group.zoom.peek() ?? extent(model);
    const lineAt = (series: number): Line | null => {
        let i = 1;
        for (const line of model.lines) {
            const next = i + (line.min && line.max ? 3 : 1);
            if (series < next) return line;
            i = next;
        }
        return null;
    };
    const visible = (line: Line) => {
        const key = group.alone.peek();
        return key === null || line.key === key || !model.lines.some((l) => l.key === key);
    };

    const pan = (event: MouseEvent) => {
        const from = shown();
        const all = extent(model);
        const start = event.clientX;
        const over = plot!.over.clientWidth || 1;
        const move = (e: MouseEvent) => {
            const by = ((e.clientX - start) / over) * (from.x1 - from.x0);
            const span = clampSpan(from.x0 - by, from.x1 - by, all);
            if (span) group.zoom.value = span;
        };
        const end = () => {
            removeEventListener('mousemove', move);
            removeEventListener('mouseup', end);
        };
        addEventListener('mousemove', move);
        addEventListener('mouseup', end);
    };

    const drawHatches = (u: uPlot) => {
        if (!model.hatches?.length) return;
        const { ctx } = u;
        const dpr = devicePixelRatio || 1;
        ctx.save();
        ctx.beginPath();
        ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
        ctx.clip();
        ctx.strokeStyle = faded('edge', 0.35);
        ctx.lineWidth = dpr;
        for (const hatch of model.hatches) {
            const left = u.valToPos(hatch.x0, 'x', true);
            const right = u.valToPos(hatch.x1, 'x', true);
            if (right < u.bbox.left || left > u.bbox.left + u.bbox.width || right - left < 1) continue;
            ctx.save();
            ctx.beginPath();
            ctx.rect(left, u.bbox.top, right - left, u.bbox.height);
            ctx.clip();
            ctx.beginPath();
            for (let x = left - u.bbox.height; x < right; x += 7 * dpr) {
                ctx.moveTo(x, u.bbox.top + u.bbox.height);
                ctx.lineTo(x + u.bbox.height, u.bbox.top);
            }
            ctx.stroke();
            ctx.restore();
        }
        ctx.restore();
    };

    const drawLabels = (u: uPlot) => {
        if (wide < NARROW) return;
        const dpr = devicePixelRatio || 1;
        const { ctx } = u;
        const span = shown();
        const ends: { y: number; text: string; color: string }[] = [];
        for (const line of model.lines) {
            if (!visible(line)) continue;
            let i = line.y.length - 1;
            while (i >= 0 && (line.y[i] === null || line.y[i] === undefined || model.x[i]! > span.x1)) i--;
            // one that ended long before the edge is named by its legend alone
            if (i < 0 || model.x[i]! < span.x1 - 0.2 * (span.x1 - span.x0)) continue;
            ends.push({ y: u.valToPos(line.y[i]!, 'y', true), text: line.label, color: line.color });
        }
        const at = spread(ends.map((e) => e.y), 13 * dpr, u.bbox.top + 6 * dpr, u.bbox.top + u.bbox.height - 4 * dpr);
        ctx.save();
        ctx.font = FONT.replace('11px', `${11 * dpr}px`);
        ctx.textBaseline = 'middle';
        ctx.textAlign = 'left';
        const left = u.bbox.left + u.bbox.width + 4 * dpr;
        const room = LABELS * dpr - 14 * dpr;
        ends.forEach((end, i) => {
            ctx.fillStyle = color(end.color);
            ctx.fillRect(left, at[i]! - 1.5 * dpr, 6 * dpr, 3 * dpr);
            ctx.fillStyle = color('soft');
            let text = end.text;
            while (text.length > 3 && ctx.measureText(text).width > room) text = `${text.slice(0, -2)}…`;
            ctx.fillText(text, left + 9 * dpr, at[i]!);
        });
        ctx.restore();
    };

    const options = (): uPlot.Options => {
        const series: uPlot.Series[] = [{}];
        const bands: uPlot.Band[] = [];
        const steps = uPlot.paths.stepped?.({ align: 1 });
        for (const line of model.lines) {
            const show = visible(line);
            series.push({
                label: line.label,
                show,
                stroke: () => (line.limit ? faded(line.color, 0.8) : color(line.color)),
                width: line.width ?? (line.limit ? 1 : 1.5),
                dash: [...(line.limit ? [4, 4] : line.estimated ? ESTIMATED : (line.dash ?? []))],
                points: { show: false },
                spanGaps: false,
                ...(line.step && steps ? { paths: steps } : {}),
            });
            if (line.min && line.max) {
                const i = series.length;
                series.push({ show, width: 0, points: { show: false }, stroke: 'transparent' }, { show, width: 0, points: { show: false }, stroke: 'transparent' });
                bands.push({ series: [i, i + 1], fill: () => faded(line.color, 0.16) });
            }
        }
        const axis = { stroke: () => color('soft'), font: FONT, grid: { stroke: () => faded('edge', 0.22), width: 1 }, ticks: { show: false } };
        return {
            width: wide,
            height: model.height ?? 180,
            padding: [8, wide < NARROW ? 8 : LABELS, 0, 0],
            legend: { show: false },
            series,
            bands,
            scales: {
                x: { time: false, range: () => [shown().x0, shown().x1] },
                y: {
                    range: (_u, low, high) => {
                        if (low === null || high === null) return [0, 1];
                        const from = model.fromZero === false ? low - (high - low) * 0.1 : Math.min(0, low);
                        return [from, high > from ? high + (high - from) * 0.06 : from + 1];
                    },
                },
            },
            axes: [
                { ...axis, size: 24, gap: 4, space: 70, values: (_u, values) => xTexts(model, values), ...(model.xKind === 'number' ? {} : { incrs: [...TIME_STEPS], splits: ticksOf(model) }) },
                { ...axis, size: 58, gap: 6, space: 34, incrs: (_u, _axis, _low, high) => increments(model.unit([high]).by), values: (_u, values) => axisTexts(values, model.unit(values)) },
            ],
            cursor: {
                y: false,
                points: { size: 6, width: 1 },
                drag: { x: true, y: false, setScale: false },
                bind: {
                    mousedown: (_u, _t, handler) => (event: MouseEvent) => {
                        if (event.shiftKey) pan(event);
                        else handler(event);
                        return null;
                    },
                    dblclick: () => () => {
                        group.zoom.value = null;
                        return null;
                    },
                },
            },
            hooks: {
                drawAxes: [drawHatches],
                draw: [drawLabels],
                setCursor: [
                    (u) => {
                        if (quiet) return;
                        const { left } = u.cursor;
                        group.cursor.value = left === undefined || left === null || left < 0 ? null : u.posToVal(left, 'x');
                    },
                ],
                setSelect: [
                    (u) => {
                        if (u.select.width < 4) return;
                        const span = clampSpan(u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x'), extent(model));
                        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
                        if (span) group.zoom.value = span;
                    },
                ],
            },
        };
    };

    const make = () => {
        plot?.destroy();
        made = signature(model) + (wide < NARROW);
        plot = new uPlot(options(), dataOf(model), host);
    };
    make();

    return {
        update(next) {
            model = next;
            if (signature(model) + (wide < NARROW) !== made) make();
            else plot!.setData(dataOf(model));
        },
        zoom() {
            const { x0, x1 } = shown();
            plot!.setScale('x', { min: x0, max: x1 });
        },
        cursor(x) {
            quiet = true;
            plot!.setCursor({ left: x === null ? -10 : plot!.valToPos(x, 'x'), top: x === null ? -10 : 0 }, true);
            quiet = false;
        },
        alone() {
            plot!.batch(() => {
                plot!.series.forEach((_, i) => {
                    const line = i > 0 ? lineAt(i) : null;
                    if (line) plot!.setSeries(i, { show: visible(line) });
                });
            });
        },
        resize(next) {
            if (next === wide || next < 80) return;
            const crossed = next < NARROW !== wide < NARROW;
            wide = next;
            if (crossed) make();
            else plot!.setSize({ width: wide, height: model.height ?? 180 });
        },
        destroy() {
            plot?.destroy();
            plot = null;
        },
        canvas: () => plot!.ctx.canvas,
    };
}
