// SPDX-License-Identifier: Apache-2.0
// The icicle as SVG: width is energy, each level lies below its whole. A tree for readers by ear and keyboard: arrows
// move, Enter looks closer, Escape and Backspace go back.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { duration, joules, percent } from '../format';
import { t, word } from '../i18n';
import type { Drawing, Shape } from './drawing';
import { useWidth } from './hooks';
import { flat, layout, pathTo, step, type Cell, type TreeNode } from './icicle';
import { classColor } from './classcolor';
import { known } from './record';
import { Table, type Column } from '../ui';

const ROW = 26;
const DEPTH = 7;

export function nodeName(node: TreeNode): string {
    switch (node.kind) {
        case 'run':
            return node.key === 'modules' ? t('r.ic.modules') : t('live.partRun');
        case 'outside':
            return t('r.op.outside');
        case 'unattributed':
            return t('live.partNobody');
        case 'own':
            return t('r.ic.own', { name: node.name });
        case 'rest':
            return t('r.ic.rest', { n: node.name });
        case 'class':
            return word('opclass', node.name);
        case 'device':
            return node.name === 'cpu' ? word('device', 'cpu') : node.name;
        default:
            return node.name;
    }
}

const last = (name: string) => name.slice(name.lastIndexOf('.') + 1) || name;

/** What fits into `width` pixels at about 6.4 a letter; empty where nothing does. */
function fitted(node: TreeNode, width: number): string {
    const room = Math.floor((width - 8) / 6.4);
    const whole = nodeName(node);
    const text = node.kind === 'module' && whole.length > room ? last(whole) : whole;
    return room < 3 ? '' : text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

function colorOf(cell: Cell): string {
    const { kind } = cell.node;
    if (kind === 'outside' || kind === 'run' || kind === 'rest') return 'none';
    if (kind === 'unattributed') return 'unattributed';
    if (kind === 'device') return cell.node.name === 'cpu' ? 'cpu' : 'gpu';
    if (kind === 'module' || kind === 'own') return moduleColor(cell);
    return classColor(cell.node.class);
}

const MODULES = ['cpu', 'ram', 'gpu', 'board', 'other'];

function moduleColor(cell: Cell): string {
    let top = cell;
    while (top.parent?.parent) top = top.parent;
    const at = top.parent?.children.indexOf(top) ?? -1;
    return at < 0 ? 'none' : MODULES[at % MODULES.length]!;
}

export function drawing(tree: TreeNode, at: string | null, title: string, resolve: (name: string) => string, ink: { text: string; background: string }): Drawing {
    const width = 1200;
    const cells = flat(layout(tree, at, DEPTH, 0.001));
    const shapes: Shape[] = [{ kind: 'text', x: 8, y: 20, text: title, fill: ink.text, size: 14, anchor: 'start' }];
    for (const cell of cells) {
        const x = cell.x0 * width;
        const wide = (cell.x1 - cell.x0) * width;
        const y = 32 + cell.depth * ROW;
        shapes.push({ kind: 'rect', x, y, width: wide, height: ROW - 1, fill: resolve(`t-${colorOf(cell)}`), stroke: ink.background });
        const text = fitted(cell.node, wide);
        if (text) shapes.push({ kind: 'text', x: x + 4, y: y + 17, text, fill: ink.text, size: 11, anchor: 'start' });
    }
    return { width, height: 40 + ROW * (1 + Math.max(...cells.map((c) => c.depth))), background: ink.background, title, shapes };
}

interface Props {
    tree: TreeNode;
    name: string;
    /** key of the node that fills the width; null: all */
    at: string | null;
    onZoom: (key: string | null) => void;
    whole: number;
}

export function Icicle({ tree, name, at, onZoom, whole }: Props) {
    const { ref, width } = useWidth<HTMLDivElement>();
    const focus = useSignal<string | null>(null);
    const wanted = useRef(false);
    const top = layout(tree, at, DEPTH, width > 0 ? 1.5 / width : 0.002);
    const cells = flat(top);
    const current = cells.find((c) => c.node.key === focus.value) ?? top;
    const path = pathTo(tree, top.node.key);
    const levels = 1 + Math.max(...cells.map((c) => c.depth));

    useEffect(() => {
        if (!wanted.current) return;
        wanted.current = false;
        ref.current?.querySelector<SVGGElement>('[tabindex="0"]')?.focus();
    });
    const move = (to: Cell | null) => {
        if (!to) return;
        wanted.current = true;
        focus.value = to.node.key;
    };
    const out = () => {
        const parent = path.at(-2);
        if (!parent) return;
        wanted.current = true;
        focus.value = top.node.key;
        onZoom(parent === tree ? null : parent.key);
    };
    const onKeyDown = (event: KeyboardEvent) => {
        if (event.key === 'Enter' || event.key === ' ') {
            if (current === top) out();
            else if (current.node.children.length > 0) {
                wanted.current = true;
                onZoom(current.node.key);
            }
        } else if (event.key === 'Backspace' || (event.key === 'Escape' && path.length > 1)) out();
        else if (event.key.startsWith('Arrow') || event.key === 'Home' || event.key === 'End') move(step(current, event.key));
        else return;
        event.preventDefault();
        event.stopPropagation();
    };
    const shown = current.node;
    return (
        <div class="r-icicle">
            <nav class="r-path small" aria-label={t('r.level')}>
                {path.map((node, i) => (
                    <span key={node.key}>
                        {i > 0 && <span aria-hidden="true"> › </span>}
                        {i < path.length - 1 ? (
                            <button class="plain small" onClick={() => onZoom(i === 0 ? null : node.key)}>
                                {nodeName(node)}
                            </button>
                        ) : (
                            <b>{nodeName(node)}</b>
                        )}
                    </span>
                ))}
            </nav>
            <div ref={ref} class="r-plot">
                {width > 0 && (
                    <svg width={width} height={levels * ROW} role="tree" aria-label={t('r.bars.help', { name })} onKeyDown={onKeyDown}>
                        {cells.map((cell) => {
                            const x = cell.x0 * width;
                            const wide = Math.max(0, (cell.x1 - cell.x0) * width - 1);
                            const color = colorOf(cell);
                            const label = `${nodeName(cell.node)}: ${joules(cell.node.joules)}, ${percent(cell.node.joules / whole)}`;
                            return (
                                <g
                                    key={cell.node.key}
                                    class={`cell f-${color}${cell.node.confidence === 'low' ? ' low' : ''}`}
                                    role="treeitem"
                                    aria-level={cell.depth + 1}
                                    aria-label={label}
                                    aria-expanded={cell.node.children.length > 0 ? cell.children.length > 0 : undefined}
                                    aria-selected={cell === current}
                                    tabindex={cell === current ? 0 : -1}
                                    onFocus={() => (focus.value = cell.node.key)}
                                    onMouseEnter={() => (focus.value = cell.node.key)}
                                    onClick={() => (cell === top ? out() : cell.node.children.length > 0 ? onZoom(cell.node.key) : (focus.value = cell.node.key))}
                                >
                                    <title>{label}</title>
                                    <rect x={x} y={cell.depth * ROW} width={wide} height={ROW - 1} />
                                    {cell.node.confidence === 'low' && <rect class="hatch" x={x} y={cell.depth * ROW} width={wide} height={ROW - 1} />}
                                </g>
                            );
                        })}
                        <g class="names" aria-hidden="true">
                            {cells.map((cell) => (
                                <text key={cell.node.key} x={cell.x0 * width + 4} y={cell.depth * ROW + 17}>
                                    {fitted(cell.node, (cell.x1 - cell.x0) * width)}
                                </text>
                            ))}
                        </g>
                    </svg>
                )}
            </div>
            <p class="small r-told" aria-hidden="true">
                <b class="wrap">{nodeName(shown)}</b> {joules(shown.joules)} · {percent(shown.joules / whole)} {t('r.ofRun')}
                {known(shown.calls) && ` · ${t('r.ncalls', { n: shown.calls })}`}
                {known(shown.seconds) && ` · ${duration(shown.seconds)}`}
                {shown.confidence === 'low' && ` · ${t('rconf.low')}`}
            </p>
        </div>
    );
}

/** The same as a table: an indented list of names. */
export function IcicleTable({ tree, whole, name }: { tree: TreeNode; whole: number; name: string }) {
    const columns: Column<Cell>[] = [
        { key: 'n', label: t('runs.name'), head: true, cell: (cell) => <span class={`block wrap in-${Math.min(6, cell.depth)}`}>{nodeName(cell.node)}</span> },
        { key: 'l', label: t('r.level'), right: true, cell: (cell) => cell.depth },
        { key: 'j', label: t('runs.energy'), right: true, cell: (cell) => joules(cell.node.joules) },
        { key: 's', label: t('r.share'), right: true, cell: (cell) => percent(cell.node.joules / whole) },
    ];
    return <Table class="tall" name={name} columns={columns} rows={flat(layout(tree, null, 12, 0))} rowKey={(cell) => cell.node.key} />;
}
