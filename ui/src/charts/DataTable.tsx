// SPDX-License-Identifier: Apache-2.0
// The twin of a chart for those who read it by ear, by keyboard, or want to paste it.
import { clock, digits, duration, utcTime } from '../format';
import { t } from '../i18n';
import { thin, type ChartModel, type Line } from './model';

const MOST = 200;

function xText(model: ChartModel, x: number): string {
    if (model.xKind === 'time') return clock(x * 1000, true);
    return model.xKind === 'elapsed' ? duration(x) : digits(x, 6);
}

/** The name of a line, with what its dashes say. */
export function lineName(line: Line): string {
    return line.estimated ? `${line.label} (${t('chart.estimated')})` : line.label;
}

export function DataTable({ name, model }: { name: string; model: ChartModel }) {
    const all = model.x.map((x, i) => ({ x, i }));
    const { rows, every } = thin(all, MOST);
    return (
        <div class="scroll tall" tabIndex={0} role="region" aria-label={t('chart.table', { name })}>
            <table class="table dense">
                <caption class="sr">{t('chart.table', { name })}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t(model.xKind === 'time' ? 'chart.time' : 'chart.elapsed')}</th>
                        {model.lines.map((line) => (
                            <th scope="col" class="right" key={line.key + line.label}>
                                {lineName(line)}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {rows.map(({ x, i }) => (
                        <tr key={i}>
                            <th scope="row" title={model.xKind === 'time' ? utcTime(x * 1000) : undefined}>
                                {xText(model, x)}
                            </th>
                            {model.lines.map((line) => (
                                <td class="right" key={line.key + line.label} title={line.y[i] === null ? t('chart.gap') : undefined}>
                                    {model.format(line.y[i] ?? null)}
                                </td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
            {every > 1 && <p class="soft small pad">{t('chart.rows', { n: every, all: all.length })}</p>}
        </div>
    );
}
