// SPDX-License-Identifier: Apache-2.0
// Colours live in theme.css alone; a canvas needs them resolved.
import { computed, signal } from '@preact/signals';
import { settings } from '../state/settings';

const KNOWN = ['cpu', 'gpu', 'ram', 'board'];

/** The name of a device's colour. */
export function deviceColor(device: string): string {
    return KNOWN.includes(device) ? device : 'other';
}

/** Dashes that tell lines of one colour apart; the first is solid. Estimated ones are dotted and not among them. */
const DASHES: readonly (readonly number[])[] = [[], [8, 3], [12, 3, 3, 3], [5, 2], [14, 4], [8, 3, 3, 3, 3, 3], [4, 3], [18, 3, 6, 3]];
export const dashOf = (n: number): readonly number[] => DASHES[n % DASHES.length]!;
export const ESTIMATED: readonly number[] = [2, 3];

/** The step 0 to 5 of the carbon ramp for g/kWh. */
export function carbonStep(g: number): number {
    const steps = [75, 150, 300, 450, 650];
    return steps.filter((edge) => g >= edge).length;
}

const system = signal(0);
if (typeof matchMedia === 'function') matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => system.value++);
/** Changes whenever colours do. */
export const themeEpoch = computed(() => `${settings.value.theme} ${system.value}`);

let probe: HTMLElement | null = null;

/** What `--name` is now, as rgb(...). */
export function color(name: string): string {
    if (!probe) {
        probe = document.createElement('i');
        probe.hidden = true;
        document.body.append(probe);
    }
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
}

/** The same with an alpha. */
export function faded(name: string, alpha: number): string {
    return color(name).replace(/^rgba?\(([^)]*)\)$/, (_, inner: string) => `rgba(${inner.split(',').slice(0, 3).join(',')}, ${alpha})`);
}
