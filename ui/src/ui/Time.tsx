// SPDX-License-Identifier: Apache-2.0
import { clock, localTime, utcTime, type Moment } from '../format';

/** A moment in local time, with UTC in the tooltip. */
export function Time({ at, short = false, seconds = false }: { at: Moment; short?: boolean; seconds?: boolean }) {
    const text = short ? clock(at, seconds) : localTime(at, seconds);
    if (at === null || at === undefined) return <>{text}</>;
    return (
        <time class="nowrap" dateTime={new Date(at).toISOString()} title={utcTime(at)}>
            {text}
        </time>
    );
}
