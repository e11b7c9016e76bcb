// SPDX-License-Identifier: Apache-2.0
// The series of a run: all of it, and the window that is zoomed into in more detail.
import { useEffect, useState } from 'preact/hooks';
import { api } from '../api/client';
import { useLoad } from '../state/load';
import type { Series } from '../api/types';
import type { Span as XSpan } from '../charts/model';
import { needsFiner, type Span } from './timeline';

const PX = 1200;
const WAIT_MS = 180;
const AGAIN_MS = 4000;

export const spanOf = (s: Series): Span => ({
    t0: (s.t_s[0] ?? 0) - s.step_s / 2,
    t1: (s.t_s[s.t_s.length - 1] ?? 0) + s.step_s / 2,
});

const covers = (s: Series, zoom: Span): boolean => !needsFiner(spanOf(s), s.step_s, zoom, 1);

/** Which of the two a window is drawn from. */
export function choose(whole: Series, fine: Series | null, zoom: Span | null): Series {
    return zoom && fine && fine.step_s < whole.step_s && covers(fine, zoom) ? fine : whole;
}

export interface SeriesState {
    whole: Series | null;
    shown: Series | null;
    error: unknown;
    busy: boolean;
    retry: () => void;
}

export function useSeries(id: string, zoom: XSpan | null, running: boolean): SeriesState {
    const all = useLoad(`${id} ${running}`, (abort) => api.series(id, { px: PX }, abort), running ? AGAIN_MS : 0);
    const whole = all.data.value;
    const [fine, setFine] = useState<Series | null>(null);
    const [busy, setBusy] = useState(false);
    const window = zoom ? { t0: zoom.x0, t1: zoom.x1 } : null;

    useEffect(() => {
        if (!whole || !window || !needsFiner(spanOf(whole), whole.step_s, window, PX)) return undefined;
        if (fine && !needsFiner(spanOf(fine), fine.step_s, window, PX)) return undefined;
        const abort = new AbortController();
        const timer = setTimeout(() => {
            setBusy(true);
            api.series(id, { t0: Math.max(0, window.t0), t1: window.t1, px: PX }, abort.signal)
                .then(setFine, () => undefined) // what is there already goes on being shown
                .finally(() => setBusy(false));
        }, WAIT_MS);
        return () => {
            clearTimeout(timer);
            abort.abort();
        };
    }, [id, whole?.step_s, window?.t0, window?.t1]);
    return { whole, shown: whole && choose(whole, fine, window), error: all.error.value, busy, retry: all.again };
}
