// SPDX-License-Identifier: Apache-2.0
export { Badge, Dot, StatusText } from './Badge';
export { Bar, type Part } from './Bar';
export { Chips } from './Chips';
export { Command, CopyButton, Fix } from './Command';
export { Dialog } from './Dialog';
export { Empty, Loading, Trouble } from './Empty';
export { Strip, type Figure } from './Strip';
export { Table, type Column } from './Table';
export { Tabs } from './Tabs';
export { Time } from './Time';
