// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';
import { t } from '../i18n';

export interface Column<Row> {
    key: string;
    label: ComponentChildren;
    /** what the header is called when it is read out; default: label when it is text */
    name?: string;
    cell: (row: Row) => ComponentChildren;
    right?: boolean;
    /** the header of its row */
    head?: boolean;
    sortable?: boolean;
    title?: (row: Row) => string | undefined;
}

interface Props<Row> {
    name: string;
    columns: readonly Column<Row>[];
    rows: readonly Row[];
    rowKey: (row: Row) => string;
    /** `KEY` ascending, `-KEY` descending */
    sort?: string | undefined;
    onSort?: (sort: string) => void;
    class?: string;
}

/** The sort after the header of `key` was pressed: first descending, as the largest is looked for. */
export function nextSort(now: string | undefined, key: string): string {
    return now === `-${key}` ? key : `-${key}`;
}

export function Table<Row>({ name, columns, rows, rowKey, sort, onSort, class: extra = '' }: Props<Row>) {
    return (
        <div class={`scroll ${extra}`} tabIndex={0} role="region" aria-label={name}>
            <table class="table">
                <caption class="sr">{name}</caption>
                <thead>
                    <tr>
                        {columns.map((column) => {
                            const down = sort === `-${column.key}`;
                            const sorted = down || sort === column.key;
                            return (
                                <th key={column.key} scope="col" class={column.right ? 'right' : ''} aria-sort={sorted ? (down ? 'descending' : 'ascending') : undefined}>
                                    {column.sortable && onSort ? (
                                        <button class="plain sort" title={t('act.sort', { name: column.name ?? String(column.label) })} onClick={() => onSort(nextSort(sort, column.key))}>
                                            {column.label}
                                            <span aria-hidden="true">{sorted ? (down ? '↓' : '↑') : ''}</span>
                                        </button>
                                    ) : (
                                        column.label
                                    )}
                                </th>
                            );
                        })}
                    </tr>
                </thead>
                <tbody>
                    {rows.map((row) => (
                        <tr key={rowKey(row)}>
                            {columns.map((column) => {
                                const attributes = { class: column.right ? 'right' : '', title: column.title?.(row) };
                                return column.head ? (
                                    <th key={column.key} scope="row" {...attributes}>
                                        {column.cell(row)}
                                    </th>
                                ) : (
                                    <td key={column.key} {...attributes}>
                                        {column.cell(row)}
                                    </td>
                                );
                            })}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}
