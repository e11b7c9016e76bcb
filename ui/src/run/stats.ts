// SPDX-License-Identifier: Apache-2.0
// Epochs: their mean, their scatter, and whether they change. The same as the program's own report says (src/export/
// work_epochs.c): the slope of the least-squares line, and Student's t at 97.5 % times its standard error (NIST/SEMATECH
// e-Handbook of Statistical Methods, 1.3.6.7.2), or the epochs' own doubt where that says less.
import { known, type Maybe } from './record';

const T_975 = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086,
];
export const LEAST_FOR_TREND = 4;

export const studentsT = (degrees: number): number =>
    degrees <= T_975.length ? T_975[degrees - 1]! : 1.96 + 2.6 / degrees;

export function mean(values: number[]): number {
    return values.length > 0 ? values.reduce((a, b) => a + b, 0) / values.length : NaN;
}

export function deviation(values: number[]): number {
    const m = mean(values);
    return values.length > 1 ? Math.sqrt(values.reduce((a, b) => a + (b - m) ** 2, 0) / (values.length - 1)) : NaN;
}

export interface Trend {
    whole: number; // relative to the mean, from the first to the last
    half95: number;
}

export function trend(values: number[], sigmas: Maybe[]): Trend | null {
    const count = values.length;
    const average = mean(values);
    if (count < LEAST_FOR_TREND || !(average > 0)) {
        return null;
    }
    const middle = (count - 1) / 2;
    let xx = 0;
    let xy = 0;
    let own = 0;
    values.forEach((value, i) => {
        const x = i - middle;
        const sigma = known(sigmas[i]) && sigmas[i]! > 0 ? sigmas[i]! : 0;
        xx += x * x;
        xy += x * (value - average);
        own += x * x * sigma * sigma;
    });
    const slope = xy / xx;
    const off = values.reduce((sum, value, i) => sum + (value - average - slope * (i - middle)) ** 2, 0);
    const degrees = count - 2;
    const scattered = studentsT(degrees) * Math.sqrt(off / degrees / xx);
    const measured = (1.96 * Math.sqrt(own)) / xx;
    const scale = (2 * middle) / average;
    return { whole: slope * scale, half95: Math.max(scattered, measured) * scale };
}

export const isTold = (t: Trend | null): t is Trend => t !== null && Math.abs(t.whole) > t.half95;
