// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';

export interface Figure {
    key: string;
    label: string;
    value: string;
    /** how sure: ± */
    sure?: string | undefined;
    /** other units, UTC */
    title?: string | undefined;
    /** who said so */
    foot?: ComponentChildren;
}

/** The few numbers that answer the page's question. */
export function Strip({ name, figures }: { name: string; figures: readonly Figure[] }) {
    return (
        <dl class={`strip n${figures.length}`} aria-label={name}>
            {figures.map((figure) => (
                <div class="figure panel" key={figure.key} data-figure={figure.key}>
                    <dt class="soft small">{figure.label}</dt>
                    <dd title={figure.title}>
                        <span class="big">{figure.value}</span> <span class="soft nowrap">{figure.sure}</span>
                    </dd>
                    {figure.foot && <dd class="foot small soft">{figure.foot}</dd>}
                </div>
            ))}
        </dl>
    );
}
