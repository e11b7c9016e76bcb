// SPDX-License-Identifier: Apache-2.0
// CSV as RFC 4180 has it, and downloads without the server.

export type Cell = string | number | null | undefined;

/** A cell; what a spreadsheet would take for a formula is made text. */
export function csvCell(cell: Cell): string {
    if (cell === null || cell === undefined) return '';
    if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
    const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(rows: readonly (readonly Cell[])[]): string {
    return rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

/** Hands a file to the browser's downloads. */
export function download(name: string, content: Blob): void {
    const url = URL.createObjectURL(content);
    const anchor = document.createElement('a');
    anchor.href = url;
    anchor.download = name;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function downloadCsv(name: string, rows: readonly (readonly Cell[])[]): void {
    download(name, new Blob([csv(rows)], { type: 'text/csv;charset=utf-8' }));
}
