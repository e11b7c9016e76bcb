// SPDX-License-Identifier: Apache-2.0
// One bar that sums to 100 %. The widths are SVG attributes, which the Content-Security-Policy does not mind.
import { useId } from 'preact/hooks';
import { percent } from '../format';

export interface Part {
    key: string;
    label: string;
    /** a colour of theme.css */
    color: string;
    value: number;
    /** the value with its unit */
    text: string;
    title?: string;
    /** hatched, because nothing has measured it */
    estimated?: boolean;
}

export function Bar({ name, parts, note }: { name: string; parts: readonly Part[]; note?: string | undefined }) {
    const some = parts.filter((part) => part.value > 0);
    const sum = some.reduce((all, part) => all + part.value, 0);
    const pattern = useId();
    let x = 0;
    return (
        <section class="bar" aria-label={name}>
            <h2>
                {name} {note && <span class="soft small">{note}</span>}
            </h2>
            <svg class="bar-svg" width="100%" height="18" aria-hidden="true">
                <defs>
                    <pattern id={pattern} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <path d="M1 0V6" />
                    </pattern>
                </defs>
                {some.map((part) => {
                    const from = (x / sum) * 100;
                    x += part.value;
                    const width = (part.value / sum) * 100;
                    return (
                        <g key={part.key} class={`c-${part.color}`}>
                            <title>{`${part.label} ${part.text}`}</title>
                            <rect x={`${from}%`} width={`${width}%`} height="18" fill="currentColor" />
                            {part.estimated && <rect x={`${from}%`} width={`${width}%`} height="18" fill={`url(#${pattern})`} />}
                            {from > 0 && <rect x={`${from}%`} width="1.5" height="18" class="cut" />}
                        </g>
                    );
                })}
            </svg>
            <ul class="bar-legend">
                {parts.map((part) => (
                    <li key={part.key} class={`c-${part.color}`} title={part.title}>
                        <span class={`swatch${part.estimated ? ' dotted' : ''}`} aria-hidden="true" />
                        <span class="name">{part.label}</span> <b>{part.text}</b> <span class="soft">{percent(sum > 0 ? part.value / sum : null)}</span>
                    </li>
                ))}
            </ul>
        </section>
    );
}
