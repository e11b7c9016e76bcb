// SPDX-License-Identifier: Apache-2.0
// What the charts of one page share: the span that is shown, the crosshair, and the line that stands alone.
import { signal, type Signal } from '@preact/signals';
import type { Span } from './model';

export interface ChartGroup {
    /** null: all, or what the model says */
    zoom: Signal<Span | null>;
    /** x under the crosshair; null: none */
    cursor: Signal<number | null>;
    /** key of the line that is shown alone; null: all */
    alone: Signal<string | null>;
}

export function chartGroup(zoom: Span | null = null, alone: string | null = null): ChartGroup {
    return { zoom: signal(zoom), cursor: signal(null), alone: signal(alone) };
}
