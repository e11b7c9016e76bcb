// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test } from 'vitest';
import { age, bytes, count, digits, doubt, duration, gramsCo2e, intensity, joules, percent, plusMinus, unitOf, utcTime, wattHours, watts } from '../src/format';
import { set } from '../src/state/settings';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
afterEach(() => set({ language: 'en' }));
set({ language: 'en' });

test('three significant digits, never an exponent', () => {
    expect(digits(0.00123456)).toBe('0.00123');
    expect(digits(999.6)).toBe('1000');
    expect(plain(digits(1234567))).toBe('1 230 000');
    expect(digits(-12.34)).toBe('\u221212.3');
    expect(digits(0)).toBe('0');
});

test('what is not known is a dash and never 0', () => {
    for (const text of [digits(null), watts(undefined), wattHours(NaN), joules(Infinity), percent(null), duration(null), intensity(null), age(null), count(null)]) expect(text).toBe('–');
});

test('a value that rounds up takes the next unit', () => {
    expect(plain(watts(999.7))).toBe('1.00 kW');
    expect(plain(watts(999.4))).toBe('999 W');
    expect(plain(wattHours(3.6e6))).toBe('1.00 kWh');
    expect(plain(wattHours(3599.9))).toBe('1.00 Wh');
    expect(plain(wattHours(1800))).toBe('500 mWh');
    expect(plain(gramsCo2e(1234))).toBe('1.23 kg CO₂e');
    expect(plain(joules(75060))).toBe('75.1 kJ');
    expect(plain(bytes(9437184))).toBe('9.44 MB');
    expect(plain(watts(0))).toBe('0 W');
    expect(plain(wattHours(0))).toBe('0 Wh');
});

test('units stand behind a no-break space', () => {
    for (const text of [watts(412.3), wattHours(5e6), gramsCo2e(9), intensity(415.5), percent(0.5), duration(75)]) expect(text).not.toContain(' ');
});

test('a column has one unit, that of its largest value', () => {
    expect(unitOf.energy([1, null, 7.2e6, 3600]).name).toBe('kWh');
    expect(unitOf.power([null, undefined]).name).toBe('W');
});

test('doubt stands in the unit and the decimals of its value', () => {
    expect(plain(plusMinus(2100, 80010, 'energy'))).toBe('± 0.58 Wh');
    expect(plain(doubt(133000, 3.7e6, 'energy'))).toBe('± 0.04');
    expect(plain(doubt(0.001e3, 4.4e3, 'power'))).toBe('± 0.001');
    expect(plain(doubt(45.1, 451, 'number'))).toBe('± 45');
    expect(doubt(null, 1, 'power')).toBe('');
});

test('durations in both languages', () => {
    expect(plain(duration(12.34))).toBe('12.3 s');
    expect(plain(duration(245))).toBe('4 min 05 s');
    expect(plain(duration(59.97))).toBe('1 min 00 s');
    expect(plain(duration(11220))).toBe('3 h 07 min');
    expect(plain(duration(187200))).toBe('2 d 04 h');
    expect(plain(duration(0.0042))).toBe('4.20 ms');
    expect(plain(age(3500))).toBe('58 min');
    set({ language: 'ko' });
    expect(plain(duration(245))).toBe('4분 5초');
    expect(plain(duration(11220))).toBe('3시간 7분');
    expect(plain(age(320))).toBe('5분');
});

test('percent is finer where it is small', () => {
    expect(plain(percent(0.0021))).toBe('0.2 %');
    expect(plain(percent(0.00001))).toBe('<0.1 %');
    expect(plain(percent(0.347))).toBe('35 %');
});

test('counts have all their digits', () => {
    expect(plain(count(12))).toBe('12');
    expect(plain(count(123456))).toBe('123 456');
});

test('tooltips tell UTC', () => {
    expect(utcTime('2026-11-22T03:00:00.123Z')).toBe('2026-11-22 03:00:00 UTC');
    expect(utcTime(null)).toBe('');
});
