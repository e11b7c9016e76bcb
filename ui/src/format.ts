// SPDX-License-Identifier: Apache-2.0
// Numbers for people: three significant digits, one unit, no-break spaces; what is not known is a dash.
import { language } from './i18n';

const NBSP = '\u00a0';
export const DASH = '–';
type Maybe = number | null | undefined;

const known = (x: Maybe): x is number => typeof x === 'number' && Number.isFinite(x);

/** `digits` significant digits, never with an exponent below 1e15, thousands apart by no-break spaces. */
export function digits(x: Maybe, n = 3): string {
    if (!known(x)) return DASH;
    if (x === 0) return '0';
    const rounded = Number(x.toPrecision(n));
    const magnitude = Math.floor(Math.log10(Math.abs(rounded)));
    const text = rounded.toFixed(Math.min(12, Math.max(0, n - 1 - magnitude)));
    const [whole = '', part] = text.replace('-', '').split('.');
    const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, NBSP) : whole;
    return (rounded < 0 ? '\u2212' : '') + grouped + (part ? `.${part}` : '');
}

export interface Unit {
    /** what the value is divided by */
    by: number;
    name: string;
}

type Ladder = readonly Unit[];
const POWER: Ladder = [
    { by: 1e6, name: 'MW' },
    { by: 1e3, name: 'kW' },
    { by: 1, name: 'W' },
    { by: 1e-3, name: 'mW' },
];
const ENERGY: Ladder = [
    { by: 3.6e9, name: 'MWh' },
    { by: 3.6e6, name: 'kWh' },
    { by: 3.6e3, name: 'Wh' },
    { by: 3.6, name: 'mWh' },
];
const JOULES: Ladder = [
    { by: 1e9, name: 'GJ' },
    { by: 1e6, name: 'MJ' },
    { by: 1e3, name: 'kJ' },
    { by: 1, name: 'J' },
    { by: 1e-3, name: 'mJ' },
    { by: 1e-6, name: 'µJ' },
];
const MASS: Ladder = [
    { by: 1e6, name: 't' },
    { by: 1e3, name: 'kg' },
    { by: 1, name: 'g' },
    { by: 1e-3, name: 'mg' },
];
const BYTES: Ladder = [
    { by: 1e12, name: 'TB' },
    { by: 1e9, name: 'GB' },
    { by: 1e6, name: 'MB' },
    { by: 1e3, name: 'kB' },
    { by: 1, name: 'B' },
];

function pick(x: number, ladder: Ladder): Unit {
    // 999.6 W is printed as 1.00 kW, so what is printed decides
    const rounded = Math.abs(Number(x.toPrecision(3)));
    return ladder.find((unit) => rounded >= unit.by) ?? (x === 0 ? ladder.find((unit) => unit.by === 1 || unit.by === 3.6e3) : ladder.at(-1))!;
}

/** One unit for a whole column: that of its largest value. */
export const unitOf = {
    power: (values: readonly Maybe[]) => pick(largest(values), POWER),
    energy: (values: readonly Maybe[]) => pick(largest(values), ENERGY),
    joules: (values: readonly Maybe[]) => pick(largest(values), JOULES),
    mass: (values: readonly Maybe[]) => pick(largest(values), MASS),
};

function largest(values: readonly Maybe[]): number {
    return values.reduce<number>((most, x) => (known(x) && Math.abs(x) > most ? Math.abs(x) : most), 0);
}

/** A value in a unit that was chosen before, without the unit. */
export const inUnit = (x: Maybe, unit: Unit): string => digits(known(x) ? x / unit.by : null);

function say(x: Maybe, ladder: Ladder, suffix = ''): string {
    if (!known(x)) return DASH;
    const unit = pick(x, ladder);
    return `${digits(x / unit.by)}${NBSP}${unit.name}${suffix}`;
}

export const watts = (x: Maybe) => say(x, POWER);
/** joules in, Wh out */
export const wattHours = (x: Maybe) => say(x, ENERGY);
export const joules = (x: Maybe) => say(x, JOULES);
export const grams = (x: Maybe) => say(x, MASS);
export const gramsCo2e = (x: Maybe) => say(x, MASS, `${NBSP}CO₂e`);
export const bytes = (x: Maybe) => say(x, BYTES);
export const intensity = (x: Maybe) => (known(x) ? `${digits(x)}${NBSP}g/kWh` : DASH);
export const number = (x: Maybe) => digits(x);
/** How many: all digits. */
export const count = (x: Maybe) => (known(x) ? digits(Math.round(x), Math.max(1, String(Math.abs(Math.round(x))).length)) : DASH);

/** A share of 1 as percent, one decimal below 10 %. */
export function percent(x: Maybe): string {
    if (!known(x)) return DASH;
    const p = x * 100;
    if (p !== 0 && Math.abs(p) < 0.1) return `${p < 0 ? '>\u2212' : '<'}0.1${NBSP}%`;
    return `${Math.abs(p) < 10 ? p.toFixed(1) : p.toFixed(0)}${NBSP}%`.replace('-', '\u2212');
}

/** `±` in the unit of the value it belongs to, to two digits; empty when it is not known. */
export function plusMinus(uncertainty: Maybe, value: Maybe, kind: 'power' | 'energy' | 'joules' | 'mass'): string {
    if (!known(uncertainty)) return '';
    const unit = unitOf[kind]([known(value) ? value : uncertainty]);
    return `±${NBSP}${digits(uncertainty / unit.by, 2)}${NBSP}${unit.name}`;
}

/** `±` to stand behind a value that is printed: the same unit, not said again, and the same decimals as far as that is not 0. */
export function doubt(uncertainty: Maybe, value: Maybe, kind: 'power' | 'energy' | 'mass' | 'number'): string {
    if (!known(uncertainty)) return '';
    const { by } = kind === 'number' ? { by: 1 } : unitOf[kind]([known(value) ? value : uncertainty]);
    const decimals = known(value) ? (digits(value / by).split('.')[1]?.length ?? 0) : 2;
    const fixed = (uncertainty / by).toFixed(decimals);
    return `±${NBSP}${Number(fixed) === 0 ? digits(uncertainty / by, 1) : fixed}`;
}

const WORDS = {
    en: { s: `${NBSP}s`, min: `${NBSP}min`, h: `${NBSP}h`, d: `${NBSP}d`, pad: 2 },
    ko: { s: '초', min: '분', h: '시간', d: '일', pad: 1 },
};

/** 12.3 s, 4 min 05 s, 3 h 07 min, 2 d 04 h; 4분 5초 */
export function duration(s: Maybe): string {
    if (!known(s)) return DASH;
    const word = WORDS[language.value];
    const sign = s < 0 ? '\u2212' : '';
    const a = Math.abs(s);
    if (a < 1e-3 && a > 0) return `${sign}${digits(a * 1e6)}${NBSP}µs`;
    if (a < 1 && a > 0) return `${sign}${digits(a * 1e3)}${NBSP}ms`;
    if (a < 59.95) return `${sign}${Number.isInteger(a) ? a : a < 10 ? a.toFixed(2) : a.toFixed(1)}${word.s}`;
    const two = (big: number, bigWord: string, small: number, smallWord: string) => `${sign}${big}${bigWord}${NBSP}${String(small).padStart(word.pad, '0')}${smallWord}`;
    const whole = Math.round(a);
    if (whole < 3600) return two(Math.floor(whole / 60), word.min, whole % 60, word.s);
    const minutes = Math.round(a / 60);
    if (minutes < 1440) return two(Math.floor(minutes / 60), word.h, minutes % 60, word.min);
    const hours = Math.round(a / 3600);
    return two(Math.floor(hours / 24), word.d, hours % 24, word.h);
}

/** How old something is, in one unit: 40 s, 5 min, 3 h, 2 d */
export function age(s: Maybe): string {
    if (!known(s)) return DASH;
    const word = WORDS[language.value];
    if (s < 60) return `${Math.round(s)}${word.s}`;
    if (s < 3600) return `${Math.round(s / 60)}${word.min}`;
    return s < 172_800 ? `${Math.round(s / 3600)}${word.h}` : `${Math.round(s / 86_400)}${word.d}`;
}

export type Moment = string | number | null | undefined;

function dateOf(t: Moment): Date | null {
    if (t === null || t === undefined) return null;
    const date = new Date(t);
    return Number.isNaN(date.getTime()) ? null : date;
}

/** Local date and time to the minute, or the second. */
export function localTime(t: Moment, seconds = false): string {
    const date = dateOf(t);
    if (!date) return DASH;
    return new Intl.DateTimeFormat(language.value === 'ko' ? 'ko-KR' : 'sv-SE', {
        year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
        ...(seconds ? { second: '2-digit' } : {}),
    }).format(date);
}

/** Local hours and minutes (and seconds). */
export function clock(t: Moment, seconds = false): string {
    const date = dateOf(t);
    if (!date) return DASH;
    const two = (x: number) => String(x).padStart(2, '0');
    return `${two(date.getHours())}:${two(date.getMinutes())}${seconds ? `:${two(date.getSeconds())}` : ''}`;
}

/** For tooltips: 2026-11-22 03:00:00 UTC */
export function utcTime(t: Moment): string {
    const date = dateOf(t);
    return date ? `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC` : '';
}
