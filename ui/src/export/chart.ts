// SPDX-License-Identifier: Apache-2.0
import type { ChartModel } from '../charts/model';
import type { Cell } from './csv';

/** The figures of a chart: time as ISO 8601 or seconds, then a column for each line that is not a limit. */
export function modelCsv(model: ChartModel): Cell[][] {
    const lines = model.lines.filter((line) => !line.limit);
    const x = (at: number) => (model.xKind === 'time' ? new Date(at * 1000).toISOString() : at);
    return [[model.xKind === 'time' ? 'time' : 'elapsed_s', ...lines.map((line) => line.key)], ...model.x.map((at, i): Cell[] => [x(at), ...lines.map((line) => line.y[i] ?? null)])];
}
