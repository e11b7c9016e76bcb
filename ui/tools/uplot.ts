// SPDX-License-Identifier: Apache-2.0
// Build step: leaves out what src/charts/timeseries.ts never asks of uPlot, a quarter of it, which tree shaking cannot see:
// bars and splines, its legend, its calendar, logarithmic scales, scatter mode, joining of tables. package.json pins the
// version; when a piece is no longer where it was the build stops.
import type { Plugin } from 'vite';

type Cut = readonly [find: string | RegExp, put: string];

const CUTS: readonly Cut[] = [
    ['(paths.bars    = bars);', ''],
    ['(paths.spline  = monotoneCubic);', ''],
    ['uPlot.join = join;', ''],
    ['uPlot.fmtDate = fmtDate;', ''],
    ['uPlot.tzDate  = tzDate;', ''],
    ['uPlot.rangeLog = rangeLog;', ''],
    ['uPlot.rangeAsinh = rangeAsinh;', ''],
    ['const showLegend = legend.show;', 'const showLegend = false;'],
    ['const [ timeIncrsMs, _timeAxisStampsMs, timeAxisSplitsMs ] = genTimeStuffs(1);', ''],
    ['const [ timeIncrsS,  _timeAxisStampsS,  timeAxisSplitsS  ] = genTimeStuffs(1e-3);', ''],
    [/const _timeAxisSplits = .*/, ''],
    [/const _timeAxisVals   = .*/, ''],
    [/const _timeSeriesVal  = .*/, ''],
    ['isTime ? (isStr(sv) ? timeSeriesVal(_tzDate, timeSeriesStamp(sv, _fmtDate)) : sv || _timeSeriesVal) : ', ''],
    ['(isTime ? (ms == 1 ? timeIncrsMs : timeIncrsS) : numIncrs)', 'numIncrs'],
    ['isTime && sc.distr == 1 ? _timeAxisSplits : ', ''],
    [/isTime \? \(\n\s*\/\/ config array[\s\S]*?\) : av \|\| numAxisVals/, 'av || numAxisVals'],
    // all of our scales say their range themselves
    [/sc\.range = fnOrSelf\(rn \|\| \(isTime[\s\S]*?\n\t+\)\);/, 'sc.range = fnOrSelf(rn);'],
    ['rangeNum(dataMin, dataMax, cfg)', 'nullNullTuple'],
    ['[_min, _max] = rangeNum(_min, _max, rangePad, true);', '_max = _min + 1;'],
    ['uPlot.rangeNum = rangeNum;', ''],
    // the crosshairs of a page are kept together by src/charts/sync.ts
    ['if (syncOpts.filters.pub(type, src, x, y, w, h, i))', 'if (false)'],
    ['uPlot.sync = _sync;', ''],
    [/\bxScaleDistr == [34]\b/g, 'false'],
    ['else if (scaleX.time)', 'else if (false)'],
    [/\b(?:w?sc\.)?distr (?:== 3|== 4|== 100|>= 3)(?!\d)/g, 'false'],
    [/\bmode == 2\b/g, 'false'],
    [/\bmode == 1\b/g, 'true'],
];

/** uPlot without what is not used; throws where a piece is not found. */
export function lean(code: string): string {
    return CUTS.reduce((left, [find, put]) => {
        const cut = left.replace(find, put);
        if (cut === left) throw new Error(`tools/uplot.ts: uPlot no longer has ${String(find)}; look what it has instead`);
        return cut;
    }, code);
}

export function leanUplot(): Plugin {
    return {
        name: 'joulebook-lean-uplot',
        apply: 'build',
        transform: (code, id) => (id.endsWith('uPlot.esm.js') ? { code: lean(code), map: null } : null),
    };
}
