// SPDX-License-Identifier: Apache-2.0
// Saves what this page made itself. A link to a blob is no request, so the Content-Security-Policy does not mind.
import { color } from '../charts/palette';
import { toCanvas, toSvg, type Drawing } from './drawing';

export function save(name: string, type: string, content: string | Blob): void {
    const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export const saveCsv = (name: string, text: string): void => save(`${name}.csv`, 'text/csv;charset=utf-8', text);
export const saveSvg = (name: string, drawing: Drawing): void => save(`${name}.svg`, 'image/svg+xml', toSvg(drawing));

const SCALE = 2;

export function savePng(name: string, drawing: Drawing): void {
    const canvas = document.createElement('canvas');
    canvas.width = drawing.width * SCALE;
    canvas.height = drawing.height * SCALE;
    const context = canvas.getContext('2d');
    if (!context) return;
    toCanvas(drawing, context, SCALE);
    canvas.toBlob((blob) => blob && save(`${name}.png`, 'image/png', blob));
}

/** "color(srgb 0.5 0 1)", as browsers print a mixed colour, in words that drawing programs know. */
export function plain(text: string): string {
    const parts = /^color\(srgb ([\d.e+-]+) ([\d.e+-]+) ([\d.e+-]+)/.exec(text);
    return parts ? `rgb(${parts.slice(1).map((x) => Math.round(255 * Math.min(1, Math.max(0, Number(x))))).join(', ')})` : text;
}

/** A colour of the page as it looks now, for pictures. */
export const ink = (name: string): string => plain(color(name));
export const paper = () => ({ text: ink('ink'), grid: ink('line'), background: ink('panel') });
