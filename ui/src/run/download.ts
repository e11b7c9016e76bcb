// SPDX-License-Identifier: Apache-2.0
// Saves pictures that this page made. A link to a blob is no request, so the Content-Security-Policy does not mind.
import { color } from '../charts/palette';
import { download } from '../export/csv';
import { toCanvas, toSvg, type Drawing } from './drawing';

/** A file's name from a run's: letters, digits, "-", "_" and ".". */
export function fileName(...words: (string | null | undefined)[]): string {
    const text = words
        .filter((w): w is string => !!w)
        .map((w) => w.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, ''))
        .filter((w) => w !== '')
        .join('-');
    return text.slice(0, 100) || 'joulebook';
}

export const saveSvg = (name: string, drawing: Drawing): void => download(`${name}.svg`, new Blob([toSvg(drawing)], { type: 'image/svg+xml' }));

const SCALE = 2;

export function savePng(name: string, drawing: Drawing): void {
    const canvas = document.createElement('canvas');
    canvas.width = drawing.width * SCALE;
    canvas.height = drawing.height * SCALE;
    const context = canvas.getContext('2d');
    if (!context) return;
    toCanvas(drawing, context, SCALE);
    canvas.toBlob((blob) => blob && download(`${name}.png`, blob));
}

/** "color(srgb 0.5 0 1)", as browsers print a mixed colour, in words that drawing programs know. */
export function plain(text: string): string {
    const parts = /^color\(srgb ([\d.e+-]+) ([\d.e+-]+) ([\d.e+-]+)/.exec(text);
    return parts ? `rgb(${parts.slice(1).map((x) => Math.round(255 * Math.min(1, Math.max(0, Number(x))))).join(', ')})` : text;
}

/** A colour of the page as it looks now, for pictures. */
export const ink = (name: string): string => plain(color(name));
export const paper = () => ({ text: ink('ink'), grid: ink('line'), background: ink('panel') });
