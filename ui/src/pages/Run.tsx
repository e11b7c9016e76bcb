// SPDX-License-Identifier: Apache-2.0
import { RunPage } from '../run/RunPage';
import { route } from '../router';

export function Run() {
    const id = route.value.id ?? '';
    return <RunPage key={id} id={id} />;
}
