// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

interface Props {
    name: string;
    tabs: readonly { key: string; label: string }[];
    current: string;
    onChange: (key: string) => void;
    children: ComponentChildren;
}

/** Tabs by the pattern of WAI-ARIA: arrow keys move, the panel is one. */
export function Tabs({ name, tabs, current, onChange, children }: Props) {
    const list = useRef<HTMLDivElement>(null);
    const move = (event: KeyboardEvent) => {
        const at = tabs.findIndex((tab) => tab.key === current);
        const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        const next = (to + tabs.length) % tabs.length;
        onChange(tabs[next]!.key);
        (list.current?.children[next] as HTMLElement | undefined)?.focus();
    };
    return (
        <>
            <div class="tabs" role="tablist" aria-label={name} ref={list} onKeyDown={move}>
                {tabs.map((tab) => (
                    <button
                        key={tab.key}
                        role="tab"
                        id={`tab-${tab.key}`}
                        class="plain"
                        aria-selected={tab.key === current}
                        aria-controls="tabpanel"
                        tabIndex={tab.key === current ? 0 : -1}
                        onClick={() => onChange(tab.key)}
                    >
                        {tab.label}
                    </button>
                ))}
            </div>
            <div id="tabpanel" role="tabpanel" aria-labelledby={`tab-${current}`} tabIndex={-1}>
                {children}
            </div>
        </>
    );
}
