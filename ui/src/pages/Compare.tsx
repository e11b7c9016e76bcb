// SPDX-License-Identifier: Apache-2.0
export { ComparePage as Compare } from '../compare/ComparePage';
