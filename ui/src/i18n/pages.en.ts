// SPDX-License-Identifier: Apache-2.0
export const pagesEn = {
    'runs.name': 'Name',
    'runs.user': 'User',
    'runs.duration': 'Duration',
} as const;
