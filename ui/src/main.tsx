// SPDX-License-Identifier: Apache-2.0
import './theme.css';
import './layout.css';
import { render } from 'preact';
import { App } from './app';
import { listen } from './router';
import { applyTheme } from './state/settings';

listen();
applyTheme();
render(<App />, document.getElementById('app')!);
