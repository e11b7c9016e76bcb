// SPDX-License-Identifier: Apache-2.0
// A picture as a list of shapes, so that it can be saved as SVG and, drawn on a canvas, as PNG. A page under
// `default-src 'self'` may not show an image made from a blob, so SVG cannot be turned into PNG by the browser.

export type Shape =
    | { kind: 'rect'; x: number; y: number; width: number; height: number; fill: string; stroke?: string }
    | { kind: 'line'; points: [number, number][]; stroke: string; width: number; dash?: readonly number[] | undefined }
    | { kind: 'text'; x: number; y: number; text: string; fill: string; size: number; anchor: 'start' | 'middle' | 'end' };

export interface Drawing {
    width: number;
    height: number;
    background: string;
    title: string;
    shapes: Shape[];
}

const FONT = 'system-ui, sans-serif';
const XML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

// Characters that XML 1.0 has not are left out.
export const xmlText = (text: string): string =>
    text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replace(/[&<>"']/g, (c) => XML[c]!);

const n = (value: number): string => String(Math.round(value * 100) / 100);

export function toSvg(d: Drawing): string {
    const out = [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${n(d.width)}" height="${n(d.height)}" viewBox="0 0 ${n(d.width)} ${n(d.height)}" font-family="${FONT}">`,
        `<title>${xmlText(d.title)}</title>`,
        `<rect width="100%" height="100%" fill="${xmlText(d.background)}"/>`,
    ];
    for (const s of d.shapes) {
        if (s.kind === 'rect') {
            const stroke = s.stroke ? ` stroke="${xmlText(s.stroke)}"` : '';
            out.push(`<rect x="${n(s.x)}" y="${n(s.y)}" width="${n(s.width)}" height="${n(s.height)}" fill="${xmlText(s.fill)}"${stroke}/>`);
        } else if (s.kind === 'line') {
            const dash = s.dash ? ` stroke-dasharray="${s.dash.join(' ')}"` : '';
            const points = s.points.map(([x, y]) => `${n(x)},${n(y)}`).join(' ');
            out.push(`<polyline points="${points}" fill="none" stroke="${xmlText(s.stroke)}" stroke-width="${n(s.width)}"${dash}/>`);
        } else {
            out.push(`<text x="${n(s.x)}" y="${n(s.y)}" font-size="${n(s.size)}" text-anchor="${s.anchor}" fill="${xmlText(s.fill)}">${xmlText(s.text)}</text>`);
        }
    }
    return `${out.join('\n')}\n</svg>\n`;
}

export type Ink = Pick<
    CanvasRenderingContext2D,
    'fillRect' | 'strokeRect' | 'fillText' | 'beginPath' | 'moveTo' | 'lineTo' | 'stroke' | 'setLineDash' | 'scale'
> & { fillStyle: unknown; strokeStyle: unknown; lineWidth: number; font: string; textAlign: CanvasTextAlign };

export function toCanvas(d: Drawing, ink: Ink, scale: number): void {
    ink.scale(scale, scale);
    ink.fillStyle = d.background;
    ink.fillRect(0, 0, d.width, d.height);
    for (const s of d.shapes) {
        if (s.kind === 'rect') {
            ink.fillStyle = s.fill;
            ink.fillRect(s.x, s.y, s.width, s.height);
            if (s.stroke) {
                ink.strokeStyle = s.stroke;
                ink.lineWidth = 1;
                ink.strokeRect(s.x, s.y, s.width, s.height);
            }
        } else if (s.kind === 'line') {
            ink.strokeStyle = s.stroke;
            ink.lineWidth = s.width;
            ink.setLineDash([...(s.dash ?? [])]);
            ink.beginPath();
            s.points.forEach(([x, y], i) => (i === 0 ? ink.moveTo(x, y) : ink.lineTo(x, y)));
            ink.stroke();
            ink.setLineDash([]);
        } else {
            ink.fillStyle = s.fill;
            ink.font = `${s.size}px ${FONT}`;
            ink.textAlign = s.anchor === 'middle' ? 'center' : s.anchor;
            ink.fillText(s.text, s.x, s.y);
        }
    }
}

export interface Line {
    label: string;
    color: string;
    dash?: readonly number[] | undefined;
    x: number[];
    y: (number | null)[];
}

export interface Axes {
    title: string;
    xLabel: string;
    yLabel: string;
    xTicks: number[];
    yTicks: number[];
    xText: (value: number) => string;
    yText: (value: number) => string;
    text: string;
    grid: string;
    background: string;
}

const LEFT = 64;
const RIGHT = 140;
const TOP = 34;
const BOTTOM = 42;

// Lines over an axis; where a value is missing a line ends and begins anew. Labels stand at the ends of the lines, one
// below the other where they would meet.
export function lineDrawing(lines: Line[], axes: Axes, width = 960, height = 360): Drawing {
    const inner = { w: width - LEFT - RIGHT, h: height - TOP - BOTTOM };
    const [x0, x1] = range(axes.xTicks, lines.flatMap((l) => l.x));
    const [y0, y1] = range(axes.yTicks, lines.flatMap((l) => l.y.filter((v): v is number => v !== null)));
    const px = (x: number): number => LEFT + (inner.w * (x - x0)) / (x1 - x0 || 1);
    const py = (y: number): number => TOP + inner.h * (1 - (y - y0) / (y1 - y0 || 1));
    const shapes: Shape[] = [{ kind: 'text', x: LEFT, y: 20, text: axes.title, fill: axes.text, size: 14, anchor: 'start' }];
    for (const t of axes.yTicks) {
        shapes.push({ kind: 'line', points: [[LEFT, py(t)], [LEFT + inner.w, py(t)]], stroke: axes.grid, width: 1 });
        shapes.push({ kind: 'text', x: LEFT - 6, y: py(t) + 4, text: axes.yText(t), fill: axes.text, size: 11, anchor: 'end' });
    }
    for (const t of axes.xTicks.filter((v) => v >= x0 && v <= x1)) {
        shapes.push({ kind: 'text', x: px(t), y: height - BOTTOM + 16, text: axes.xText(t), fill: axes.text, size: 11, anchor: 'middle' });
    }
    shapes.push({ kind: 'text', x: LEFT + inner.w / 2, y: height - 8, text: axes.xLabel, fill: axes.text, size: 11, anchor: 'middle' });
    shapes.push({ kind: 'text', x: LEFT - 6, y: 20, text: axes.yLabel, fill: axes.text, size: 11, anchor: 'end' });
    const ends: { y: number; line: Line }[] = [];
    for (const line of lines) {
        for (const points of pieces(line)) {
            shapes.push({ kind: 'line', points: points.map(([x, y]) => [px(x), py(y)]), stroke: line.color, width: 1.5, dash: line.dash });
        }
        let last = line.y.length - 1;
        while (last >= 0 && line.y[last] === null) last--;
        if (last >= 0) {
            ends.push({ y: py(line.y[last]!), line });
        }
    }
    let below = TOP - 14;
    for (const end of ends.sort((a, b) => a.y - b.y)) {
        below = Math.max(end.y, below + 14);
        shapes.push({ kind: 'text', x: LEFT + inner.w + 8, y: below + 4, text: end.line.label, fill: end.line.color, size: 11, anchor: 'start' });
    }
    return { width, height, background: axes.background, title: axes.title, shapes };
}

function range(ticks: number[], values: number[]): [number, number] {
    let low = ticks[0] ?? Infinity;
    let high = ticks[ticks.length - 1] ?? -Infinity;
    for (const v of values) {
        low = Math.min(low, v);
        high = Math.max(high, v);
    }
    return low <= high ? [low, high] : [0, 1];
}

function pieces(line: Line): [number, number][][] {
    const found: [number, number][][] = [];
    let open: [number, number][] = [];
    line.x.forEach((x, i) => {
        const y = line.y[i];
        if (y === null || y === undefined) {
            if (open.length > 0) {
                found.push(open);
            }
            open = [];
        } else {
            open.push([x, y]);
        }
    });
    return open.length > 0 ? [...found, open] : found;
}
