// SPDX-License-Identifier: Apache-2.0
import type { pagesEn } from './pages.en';

export const pagesKo: Record<keyof typeof pagesEn, string> = {
    'runs.name': '이름',
    'runs.user': '사용자',
    'runs.duration': '시간',
};
