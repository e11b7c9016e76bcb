// SPDX-License-Identifier: Apache-2.0
// What a metric costs: kWh to the right, the metric upwards, and a line through the runs that nobody beats in both.
import { digits } from '../format';
import { t } from '../i18n';
import { ticks } from '../run/epochs';
import { useWidth } from '../run/hooks';
import { pareto, paretoLine, type Point } from './compare';

const HEIGHT = 280;
const LEFT = 60;
const RIGHT = 24;
const TOP = 14;
const BOTTOM = 40;

interface Dot extends Point {
    color: number;
}

/** Round ends of an axis that need not begin at 0: a metric of 0.93 to 0.98 would be a line. */
export function bounds(values: number[]): number[] {
    const low = Math.min(...values);
    const high = Math.max(...values);
    const room = high > low ? high - low : Math.abs(high) || 1;
    const step = ticks(room, 4)[1] ?? 1;
    const from = Math.floor((low - room * 0.1) / step) * step;
    const marks: number[] = [];
    for (let i = 0; marks.length === 0 || marks[marks.length - 1]! < high + room * 0.05; i++) marks.push(from + i * step);
    return marks;
}

export function Scatter({ points, metric, lower }: { points: Dot[]; metric: string; lower: boolean }) {
    const { ref, width } = useWidth<HTMLDivElement>();
    const told = pareto(points, lower) as (Dot & { best: boolean })[];
    const xs = ticks(Math.max(...points.map((p) => p.x)) * 1.05);
    const ys = bounds(points.map((p) => p.y));
    const small = xs.at(-1)! < 0.1;
    const px = (v: number) => LEFT + ((width - LEFT - RIGHT) * v) / xs.at(-1)!;
    const py = (v: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (v - ys[0]!) / (ys.at(-1)! - ys[0]!));
    const line = paretoLine(told);
    return (
        <div ref={ref} class="r-plot">
            {width > 0 && (
                <svg width={width} height={HEIGHT} role="img" aria-label={t('r.bars.help', { name: metric })}>
                    {ys.map((v) => (
                        <g key={v}>
                            <line class="grid" x1={LEFT} x2={width - RIGHT} y1={py(v)} y2={py(v)} />
                            <text class="tick" x={LEFT - 6} y={py(v) + 4} text-anchor="end">
                                {String(Number(v.toPrecision(6)))}
                            </text>
                        </g>
                    ))}
                    {xs.map((v) => (
                        <text class="tick" key={v} x={px(v)} y={HEIGHT - BOTTOM + 16} text-anchor="middle">
                            {String(Number((small ? v * 1000 : v).toPrecision(6)))}
                        </text>
                    ))}
                    <text class="tick" x={(width + LEFT) / 2} y={HEIGHT - 6} text-anchor="middle">
                        {small ? 'Wh' : 'kWh'}
                    </text>
                    {line.length > 1 && <polyline class="pareto" points={line.map((p) => `${px(p.x)},${py(p.y)}`).join(' ')} />}
                    {told.map((p) => {
                        const right = px(p.x) > width - 120;
                        return (
                            <g key={p.id} class={`c-k${p.color}`}>
                                <title>{`${p.label}: ${metric} ${digits(p.y, 4)}, ${digits(p.x)} kWh${p.best ? `, ${t('cmp.best')}` : ''}`}</title>
                                <circle cx={px(p.x)} cy={py(p.y)} r={p.best ? 6 : 4.5} fill={p.best ? 'currentColor' : 'none'} stroke="currentColor" stroke-width="2" />
                                <text class="dot-label" x={px(p.x) + (right ? -10 : 10)} y={py(p.y) + 4} text-anchor={right ? 'end' : 'start'}>
                                    {p.label}
                                </text>
                            </g>
                        );
                    })}
                </svg>
            )}
        </div>
    );
}
