// SPDX-License-Identifier: Apache-2.0
// Tables as CSV (RFC 4180) at full precision. Names come from programs of others: a spreadsheet must not take one for a
// formula, so text that begins like one gets an apostrophe (OWASP, "CSV Injection").

export type Field = string | number | null | undefined;

export function csvField(field: Field): string {
    if (field === null || field === undefined || (typeof field === 'number' && !Number.isFinite(field))) {
        return '';
    }
    if (typeof field === 'number') {
        return String(field);
    }
    const safe = /^[=+\-@\t\r]/.test(field) ? `'${field}` : field;
    return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

export const csv = (rows: Field[][]): string => rows.map((row) => `${row.map(csvField).join(',')}\r\n`).join('');

// A file's name from a run's: letters, digits, "-", "_" and ".".
export function fileName(...words: (string | null | undefined)[]): string {
    const text = words
        .filter((w): w is string => !!w)
        .map((w) => w.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, ''))
        .filter((w) => w !== '')
        .join('-');
    return text.slice(0, 100) || 'joulebook';
}
